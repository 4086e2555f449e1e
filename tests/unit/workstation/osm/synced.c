/* Keeps beside a folder what a power cut would leave of it: what was synced, and nothing else.
 *
 * Loaded before the C library (LD_PRELOAD). Each fsync and fdatasync of a file copies the file, as it is then, to
 * $SYNCED/files/<inode>; each sync of a folder writes its entries, as they are then, to $SYNCED/folders/<inode>, one a
 * line: inode, a space, the name. What was never synced has no copy. An inode that was given to another file keeps the
 * copy of the first until the other is synced: that is content which nobody may take for the other's. (The inodes of a
 * tmpfs are never given to another file, so that PostgreSQL, which has its files there, meets nothing of the kind.)
 *
 * A copy is made after the sync. It has what other threads and processes wrote meanwhile, too, as a disk may have it.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

typedef int (*sync_call)(int);

static pthread_mutex_t one_at_a_time = PTHREAD_MUTEX_INITIALIZER;

static void copy_file(int file, const char *target) {
    char part[4200], buffer[1 << 16];
    snprintf(part, sizeof part, "%s.part%d", target, (int)getpid());
    int out = open(part, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    char own[64];
    snprintf(own, sizeof own, "/proc/self/fd/%d", file);
    int in = open(own, O_RDONLY);
    ssize_t count;
    while ((count = read(in, buffer, sizeof buffer)) > 0)
        if (write(out, buffer, (size_t)count) != count)
            abort();
    close(in);
    close(out);
    rename(part, target);
}

static void list_folder(int folder, const char *target) {
    char part[4200], own[64];
    snprintf(part, sizeof part, "%s.part%d", target, (int)getpid());
    snprintf(own, sizeof own, "/proc/self/fd/%d", folder);
    FILE *out = fopen(part, "w");
    DIR *entries = opendir(own);
    struct dirent *entry;
    while (entries && (entry = readdir(entries)))
        if (strcmp(entry->d_name, ".") && strcmp(entry->d_name, ".."))
            fprintf(out, "%llu %s\n", (unsigned long long)entry->d_ino, entry->d_name);
    if (entries)
        closedir(entries);
    fclose(out);
    rename(part, target);
}

static int keep(const char *name, int descriptor) {
    sync_call real = (sync_call)dlsym(RTLD_NEXT, name);
    int done = real(descriptor);
    const char *place = getenv("SYNCED");
    struct stat found;
    if (done == 0 && place && fstat(descriptor, &found) == 0) {
        char target[4096];
        int is_folder = S_ISDIR(found.st_mode);
        snprintf(target, sizeof target, "%s/%s/%llu", place, is_folder ? "folders" : "files",
                 (unsigned long long)found.st_ino);
        pthread_mutex_lock(&one_at_a_time);
        if (is_folder)
            list_folder(descriptor, target);
        else if (S_ISREG(found.st_mode))
            copy_file(descriptor, target);
        pthread_mutex_unlock(&one_at_a_time);
    }
    return done;
}

int fsync(int descriptor) { return keep("fsync", descriptor); }
int fdatasync(int descriptor) { return keep("fdatasync", descriptor); }
