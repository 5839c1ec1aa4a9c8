"""What makes the pages that nobody writes by hand: each a text, from the declarations of sched."""
