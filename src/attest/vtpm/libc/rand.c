/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * rand(), which libtpms seeds with nothing and falls back to when it gets no
 * random bytes. It always gets them: what this returns is used by nobody, and
 * is no random number so that nobody can.
 */
int rand(void);
void srand(unsigned seed);
int getpid(void);

int rand(void)
{
	return 0;
}

void srand(unsigned seed)
{
	(void)seed;
}

int getpid(void)
{
	return 1;
}
