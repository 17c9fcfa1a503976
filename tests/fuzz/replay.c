/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * Runs a fuzz target on the files of some directories, without a fuzzer: what
 * once crashed stays a test, whatever the compiler.
 */
#include <dirent.h>

#include "fuzz.h"

#define MAX_BYTES (1u << 20)

static unsigned files;

static void replay(const char *path)
{
	static uint8_t bytes[MAX_BYTES];
	FILE *file = fopen(path, "rb");
	uint8_t *copy;
	size_t len;

	FUZZ_REQUIRE(file);
	len = fread(bytes, 1, sizeof(bytes), file);
	fclose(file);
	copy = malloc(len ? len : 1);
	FUZZ_REQUIRE(copy);
	memcpy(copy, bytes, len);
	fprintf(stderr, "%s\n", path);
	LLVMFuzzerTestOneInput(copy, len);
	free(copy);
	files++;
}

static void replay_all(const char *directory)
{
	DIR *dir = opendir(directory);
	struct dirent *entry;
	char path[4096];

	if (!dir)
		return;		/* nothing has crashed yet */
	while ((entry = readdir(dir))) {
		if (entry->d_name[0] == '.')
			continue;
		snprintf(path, sizeof(path), "%s/%s", directory,
			 entry->d_name);
		replay(path);
	}
	closedir(dir);
}

int main(int argc, char **argv)
{
	LLVMFuzzerTestOneInput((const uint8_t *)"", 0);
	for (int i = 1; i < argc; i++)
		replay_all(argv[i]);
	printf("%s 1 - %u inputs\n1..1\n", files ? "ok" : "not ok", files);
	return files == 0;
}
