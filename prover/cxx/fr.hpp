// SPDX-License-Identifier: Apache-2.0
// Elements of the scalar field of BN254 under the names that circom's generated code calls.
//
// An element is kept in the form in which it was last needed: a small signed integer (bits, counters, prices), the
// canonical residue, or the residue times 2^256 (Montgomery). Comparisons and division see integers as circom does:
// a residue above r/2 counts as negative in <, <=, >, >=; integer division, remainder and bit operations take the
// residue in [0, r) itself, and a bit operation keeps 254 bits and subtracts r once.
#pragma once

#include <cstdint>
#include <cstring>

using uint = unsigned int;

enum FrKind : uint32_t { FR_SMALL, FR_PLAIN, FR_MONTGOMERY };

// limb[0] of a small element is its int64 value, from -2^62 to 2^62 - 1.
struct FrElement {
    uint64_t limb[4];
    FrKind kind;
};
using PFrElement = FrElement*;

constexpr int FR_BYTES = 32;

inline int64_t Fr_small(const FrElement* a) { return static_cast<int64_t>(a->limb[0]); }

inline void Fr_setSmall(PFrElement r, int64_t value) {
    r->limb[0] = static_cast<uint64_t>(value);
    r->kind = FR_SMALL;
}

// Word by word: a wider load would wait for the stores of the words, which are as a rule the last thing that happened.
inline void Fr_copy(PFrElement r, const FrElement* a) {
    if (a->kind == FR_SMALL) return Fr_setSmall(r, Fr_small(a));
#pragma GCC unroll 4
    for (int i = 0; i < 4; i++) r->limb[i] = a->limb[i];
    r->kind = a->kind;
}
inline void Fr_copyn(PFrElement r, const FrElement* a, int n) { std::memmove(r, a, sizeof(FrElement) * n); }

constexpr int FR_SMALL_BITS = 62;

// Whether the small form holds `value`.
inline bool Fr_fitsSmall(int64_t value) {
    return int64_t(static_cast<uint64_t>(value) + (uint64_t(1) << FR_SMALL_BITS)) >= 0;
}
inline bool Fr_bothSmall(const FrElement* a, const FrElement* b) { return (a->kind | b->kind) == FR_SMALL; }
inline bool Fr_bothNatural(const FrElement* a, const FrElement* b) {
    return Fr_bothSmall(a, b) && int64_t(a->limb[0] | b->limb[0]) >= 0;
}

inline bool Fr_isTrue(const FrElement* a) {
    if (a->kind == FR_SMALL) return a->limb[0] != 0;
    return (a->limb[0] | a->limb[1] | a->limb[2] | a->limb[3]) != 0;
}

// Array index; throws for what is no int32.
int Fr_toIntWide(const FrElement* a);
inline int Fr_toInt(const FrElement* a) {
    if (a->kind == FR_SMALL && Fr_small(a) == int32_t(Fr_small(a))) return int(Fr_small(a));
    return Fr_toIntWide(a);
}

// Of two small elements in the generated code, of all others by a call.
void Fr_addWide(PFrElement r, const FrElement* a, const FrElement* b);
void Fr_subWide(PFrElement r, const FrElement* a, const FrElement* b);
void Fr_mulWide(PFrElement r, const FrElement* a, const FrElement* b);
void Fr_shrWide(PFrElement r, const FrElement* a, const FrElement* b);
void Fr_bandWide(PFrElement r, const FrElement* a, const FrElement* b);
inline void Fr_add(PFrElement r, const FrElement* a, const FrElement* b) {
    const int64_t sum = int64_t(a->limb[0] + b->limb[0]);
    if (!Fr_bothSmall(a, b) || !Fr_fitsSmall(sum)) return Fr_addWide(r, a, b);
    Fr_setSmall(r, sum);
}
inline void Fr_sub(PFrElement r, const FrElement* a, const FrElement* b) {
    const int64_t difference = int64_t(a->limb[0] - b->limb[0]);
    if (!Fr_bothSmall(a, b) || !Fr_fitsSmall(difference)) return Fr_subWide(r, a, b);
    Fr_setSmall(r, difference);
}
inline void Fr_mul(PFrElement r, const FrElement* a, const FrElement* b) {
    int64_t product;
    if (!Fr_bothSmall(a, b) || __builtin_mul_overflow(Fr_small(a), Fr_small(b), &product) || !Fr_fitsSmall(product)) {
        return Fr_mulWide(r, a, b);
    }
    Fr_setSmall(r, product);
}
inline void Fr_shr(PFrElement r, const FrElement* a, const FrElement* b) {
    if (!Fr_bothNatural(a, b) || b->limb[0] >= 64) return Fr_shrWide(r, a, b);
    Fr_setSmall(r, Fr_small(a) >> b->limb[0]);
}
inline void Fr_band(PFrElement r, const FrElement* a, const FrElement* b) {
    if (!Fr_bothNatural(a, b)) return Fr_bandWide(r, a, b);
    Fr_setSmall(r, Fr_small(a) & Fr_small(b));
}

void Fr_neg(PFrElement r, const FrElement* a);
void Fr_inv(PFrElement r, const FrElement* a);
void Fr_div(PFrElement r, const FrElement* a, const FrElement* b);
void Fr_pow(PFrElement r, const FrElement* a, const FrElement* b);
void Fr_idiv(PFrElement r, const FrElement* a, const FrElement* b);
void Fr_mod(PFrElement r, const FrElement* a, const FrElement* b);

void Fr_shl(PFrElement r, const FrElement* a, const FrElement* b);
void Fr_bor(PFrElement r, const FrElement* a, const FrElement* b);
void Fr_bxor(PFrElement r, const FrElement* a, const FrElement* b);
void Fr_bnot(PFrElement r, const FrElement* a);

// -1, 0 or 1 as a is below, equal to or above b, both as signed integers.
int Fr_compareWide(const FrElement* a, const FrElement* b);
inline int Fr_compare(const FrElement* a, const FrElement* b) {
    if (a->kind != FR_SMALL || b->kind != FR_SMALL) return Fr_compareWide(a, b);
    return (Fr_small(a) > Fr_small(b)) - (Fr_small(a) < Fr_small(b));
}
bool Fr_sameWide(const FrElement* a, const FrElement* b);
inline bool Fr_same(const FrElement* a, const FrElement* b) {
    if (a->kind != FR_SMALL || b->kind != FR_SMALL) return Fr_sameWide(a, b);
    return a->limb[0] == b->limb[0];
}

inline void Fr_eq(PFrElement r, const FrElement* a, const FrElement* b) { Fr_setSmall(r, Fr_same(a, b)); }
inline void Fr_neq(PFrElement r, const FrElement* a, const FrElement* b) { Fr_setSmall(r, !Fr_same(a, b)); }
inline void Fr_lt(PFrElement r, const FrElement* a, const FrElement* b) { Fr_setSmall(r, Fr_compare(a, b) < 0); }
inline void Fr_leq(PFrElement r, const FrElement* a, const FrElement* b) { Fr_setSmall(r, Fr_compare(a, b) <= 0); }
inline void Fr_gt(PFrElement r, const FrElement* a, const FrElement* b) { Fr_setSmall(r, Fr_compare(a, b) > 0); }
inline void Fr_geq(PFrElement r, const FrElement* a, const FrElement* b) { Fr_setSmall(r, Fr_compare(a, b) >= 0); }
inline void Fr_land(PFrElement r, const FrElement* a, const FrElement* b) {
    Fr_setSmall(r, Fr_isTrue(a) && Fr_isTrue(b));
}
inline void Fr_lor(PFrElement r, const FrElement* a, const FrElement* b) {
    Fr_setSmall(r, Fr_isTrue(a) || Fr_isTrue(b));
}
inline void Fr_lnot(PFrElement r, const FrElement* a) { Fr_setSmall(r, !Fr_isTrue(a)); }

// Text for log(), whose output is dropped; the caller deletes it.
inline char* Fr_element2str(const FrElement*) { return new char[1]{}; }

// The element of 32 little-endian bytes; false if they are not below r.
bool Fr_fromWord(PFrElement r, const uint8_t* word);
void Fr_toWord(uint8_t* word, const FrElement* a);

// The element of a circuit constant as circom stores it: int32 value, uint32 form, four limbs.
void Fr_fromConstant(PFrElement r, const uint8_t* record);
constexpr int FR_CONSTANT_BYTES = 40;
