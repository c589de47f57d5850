// SPDX-License-Identifier: Apache-2.0
// What circom's generated code includes as <assert.h>: a failed assertion leaves the calculation, not the process.
#undef assert
#define assert(condition)              \
    do {                               \
        if (!(condition)) ctx->fail(); \
    } while (false)
