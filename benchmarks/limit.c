/* The limit: a command through sh, or "-" and a program without one, so many times at once, by
   nothing but posix_spawn. Says when all but one in a hundred had ended, and when all had, in
   milliseconds after the first was started.

       limit COUNT COMMAND
       limit COUNT - PROGRAM */
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>

extern char **environ;

static double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * 1e3 + time.tv_nsec / 1e6;
}

int main(int argc, char **argv)
{
    int count = atoi(argv[1]);
    char *by_shell[] = {"/bin/sh", "-c", argv[2], NULL};
    char **command = strcmp(argv[2], "-") ? by_shell : argv + 3;
    double began = now(), most = began;
    for (int i = 0; i < count; i++) {
        pid_t pid;
        if (posix_spawn(&pid, command[0], NULL, NULL, command, environ))
            return 1;
    }
    for (int i = 0; i < count; i++) {
        wait(NULL);
        if (i == count * 99 / 100)
            most = now();
    }
    printf("%f %f\n", most - began, now() - began);
    return 0;
}
