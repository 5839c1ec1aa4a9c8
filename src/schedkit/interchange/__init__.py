"""Into our file and out of it: crontabs, and what else starts things at times."""
