// SPDX-License-Identifier: Apache-2.0
#include "fr.hpp"

#include <stdexcept>
#include <utility>

namespace {

using u64 = uint64_t;
using u128 = unsigned __int128;

constexpr u64 MODULUS[4] = {0x43e1f593f0000001, 0x2833e84879b97091, 0xb85045b68181585d, 0x30644e72e131a029};
constexpr u64 HALF[4] = {0xa1f0fac9f8000000, 0x9419f4243cdcb848, 0xdc2822db40c0ac2e, 0x183227397098d014};
constexpr u64 R_SQUARED[4] = {0x1bb8e645ae216da7, 0x53fe3ab1e35c59e3, 0x8c49833d53bb8085, 0x216d0b17f4e44a5};
constexpr u64 MINUS_INVERSE = 0xc2e1f593efffffff;  // -r^-1 mod 2^64
constexpr u64 TOP_MASK = 0x3fffffffffffffff;       // 254 bits
constexpr int FIELD_BITS = 254;

inline int compareLimbs(const u64* a, const u64* b) {
    for (int i = 3; i >= 0; i--) {
        if (a[i] != b[i]) return a[i] < b[i] ? -1 : 1;
    }
    return 0;
}

inline u64 addLimbs(u64* r, const u64* a, const u64* b) {
    u64 carry = 0;
#pragma GCC unroll 4
    for (int i = 0; i < 4; i++) {
        const u128 sum = u128(a[i]) + b[i] + carry;
        r[i] = u64(sum);
        carry = u64(sum >> 64);
    }
    return carry;
}

inline u64 subLimbs(u64* r, const u64* a, const u64* b) {
    u64 borrow = 0;
#pragma GCC unroll 4
    for (int i = 0; i < 4; i++) {
        const u128 difference = u128(a[i]) - b[i] - borrow;
        r[i] = u64(difference);
        borrow = u64(difference >> 64) & 1;
    }
    return borrow;
}

inline void reduceOnce(u64* r) {
    u64 less[4];
    const u64 keep = -subLimbs(less, r, MODULUS);
#pragma GCC unroll 4
    for (int i = 0; i < 4; i++) r[i] = (r[i] & keep) | (less[i] & ~keep);
}

// r = a b 2^-256 mod r, all below the modulus: row by row, multiplication and reduction in one pass. No carry leaves the
// fourth limb, since the modulus has its two top bits clear (Acar, Koc, Kaliski 1996, CIOS).
inline void montgomery(u64* r, const u64* a, const u64* b) {
    u64 t[4] = {0, 0, 0, 0};
#pragma GCC unroll 4
    for (int i = 0; i < 4; i++) {
        u128 product = u128(a[i]) * b[0] + t[0];
        const u64 factor = u64(product) * MINUS_INVERSE;
        u128 reduced = u128(factor) * MODULUS[0] + u64(product);
#pragma GCC unroll 4
        for (int j = 1; j < 4; j++) {
            product = u128(a[i]) * b[j] + t[j] + u64(product >> 64);
            reduced = u128(factor) * MODULUS[j] + u64(product) + u64(reduced >> 64);
            t[j - 1] = u64(reduced);
        }
        t[3] = u64(product >> 64) + u64(reduced >> 64);
    }
    reduceOnce(t);
    std::memcpy(r, t, 32);
}

// r = a 2^-256 mod r: `montgomery` by 1.
inline void outOfMontgomery(u64* r, const u64* a) {
    u64 t[4];
    std::memcpy(t, a, 32);
#pragma GCC unroll 4
    for (int i = 0; i < 4; i++) {
        const u64 factor = t[0] * MINUS_INVERSE;
        u128 reduced = u128(factor) * MODULUS[0] + t[0];
#pragma GCC unroll 4
        for (int j = 1; j < 4; j++) {
            reduced = u128(factor) * MODULUS[j] + t[j] + u64(reduced >> 64);
            t[j - 1] = u64(reduced);
        }
        t[3] = u64(reduced >> 64);
    }
    reduceOnce(t);
    std::memcpy(r, t, 32);
}

inline void plainOfSmall(u64* r, int64_t value) {
    const u64 size[4] = {u64(value < 0 ? -value : value), 0, 0, 0};
    if (value < 0) {
        subLimbs(r, MODULUS, size);
    } else {
        std::memcpy(r, size, 32);
    }
}

// Limbs of the residue in [0, r); `room` holds them where `a` does not.
inline const u64* plain(const FrElement* a, u64* room) {
    if (a->kind == FR_PLAIN) return a->limb;
    if (a->kind == FR_SMALL) {
        plainOfSmall(room, Fr_small(a));
    } else {
        outOfMontgomery(room, a->limb);
    }
    return room;
}

inline const u64* inMontgomery(const FrElement* a, u64* room) {
    if (a->kind == FR_MONTGOMERY) return a->limb;
    montgomery(room, plain(a, room), R_SQUARED);
    return room;
}

inline bool fitsSmall(const u64* limbs) { return !(limbs[0] >> FR_SMALL_BITS | limbs[1] | limbs[2] | limbs[3]); }

inline void setPlain(PFrElement r, const u64* limbs) {
    if (fitsSmall(limbs)) return Fr_setSmall(r, int64_t(limbs[0]));
    std::memmove(r->limb, limbs, 32);
    r->kind = FR_PLAIN;
}

inline void setInteger(PFrElement r, int64_t value) {
    if (Fr_fitsSmall(value)) return Fr_setSmall(r, value);
    plainOfSmall(r->limb, value);
    r->kind = FR_PLAIN;
}

bool oneMontgomery(const FrElement* a, const FrElement* b) {
    return a->kind == FR_MONTGOMERY || b->kind == FR_MONTGOMERY;
}

// r = a b as integers if that is below the modulus and both have at most 128 bits; else false.
bool shortProduct(u64* r, const u64* a, const u64* b) {
    if (a[2] | a[3] | b[2] | b[3]) return false;
    u128 low = u128(a[0]) * b[0], cross = u128(a[0]) * b[1], other = u128(a[1]) * b[0], high = u128(a[1]) * b[1];
    u128 middle = (low >> 64) + u64(cross) + u64(other);
    high += (middle >> 64) + (cross >> 64) + (other >> 64);
    const u64 product[4] = {u64(low), u64(middle), u64(high), u64(high >> 64)};
    if (compareLimbs(product, MODULUS) >= 0) return false;
    std::memcpy(r, product, 32);
    return true;
}

void shiftLeft(u64* r, const u64* a, int bits) {
    int words = bits / 64, rest = bits % 64;
    u64 out[4] = {0, 0, 0, 0};
    for (int i = words; i < 4; i++) {
        out[i] = a[i - words] << rest;
        if (rest && i > words) out[i] |= a[i - words - 1] >> (64 - rest);
    }
    out[3] &= TOP_MASK;
    std::memcpy(r, out, 32);
    reduceOnce(r);
}

void shiftRight(u64* r, const u64* a, int bits) {
    int words = bits / 64, rest = bits % 64;
    u64 out[4] = {0, 0, 0, 0};
    for (int i = 0; i + words < 4; i++) {
        out[i] = a[i + words] >> rest;
        if (rest && i + words < 3) out[i] |= a[i + words + 1] << (64 - rest);
    }
    std::memcpy(r, out, 32);
}

// Places to the left; a shift by more than r/2 goes the other way.
void shift(PFrElement r, const FrElement* a, const FrElement* by, bool left) {
    u64 amountRoom[4], room[4], result[4] = {0, 0, 0, 0};
    const u64* amount = plain(by, amountRoom);
    if (compareLimbs(amount, HALF) > 0) {
        subLimbs(amountRoom, MODULUS, amount);
        amount = amountRoom;
        left = !left;
    }
    if (!(amount[1] | amount[2] | amount[3]) && amount[0] < FIELD_BITS) {
        (left ? shiftLeft : shiftRight)(result, plain(a, room), int(amount[0]));
    }
    setPlain(r, result);
}

void divide(u64* quotient, u64* remainder, const u64* a, const u64* b) {
    if (!(b[0] | b[1] | b[2] | b[3])) throw std::domain_error("division by zero");
    u64 q[4] = {0, 0, 0, 0}, rest[4] = {0, 0, 0, 0};
    for (int i = FIELD_BITS - 1; i >= 0; i--) {
        addLimbs(rest, rest, rest);
        rest[0] |= a[i / 64] >> (i % 64) & 1;
        if (compareLimbs(rest, b) >= 0) {
            subLimbs(rest, rest, b);
            q[i / 64] |= u64(1) << (i % 64);
        }
    }
    std::memcpy(quotient, q, 32);
    std::memcpy(remainder, rest, 32);
}

void power(PFrElement r, const u64* base, const u64* exponent) {
    const u64 one[4] = {1, 0, 0, 0};
    u64 result[4];
    montgomery(result, one, R_SQUARED);
    for (int i = FIELD_BITS - 1; i >= 0; i--) {
        montgomery(result, result, result);
        if (exponent[i / 64] >> (i % 64) & 1) montgomery(result, result, base);
    }
    std::memcpy(r->limb, result, 32);
    r->kind = FR_MONTGOMERY;
}

template <typename Operation>
void bitwise(PFrElement r, const FrElement* a, const FrElement* b, Operation operation) {
    u64 roomA[4], roomB[4], result[4];
    const u64 *left = plain(a, roomA), *right = plain(b, roomB);
    for (int i = 0; i < 4; i++) result[i] = operation(left[i], right[i]);
    result[3] &= TOP_MASK;
    reduceOnce(result);
    setPlain(r, result);
}

}  // namespace

void Fr_addWide(PFrElement r, const FrElement* a, const FrElement* b) {
    if (Fr_bothSmall(a, b)) return setInteger(r, Fr_small(a) + Fr_small(b));
    u64 roomA[4], roomB[4];
    bool montgomeryForm = oneMontgomery(a, b);
    const u64* left = montgomeryForm ? inMontgomery(a, roomA) : plain(a, roomA);
    const u64* right = montgomeryForm ? inMontgomery(b, roomB) : plain(b, roomB);
    addLimbs(r->limb, left, right);
    reduceOnce(r->limb);
    r->kind = montgomeryForm ? FR_MONTGOMERY : FR_PLAIN;
}

void Fr_subWide(PFrElement r, const FrElement* a, const FrElement* b) {
    if (Fr_bothSmall(a, b)) return setInteger(r, Fr_small(a) - Fr_small(b));
    u64 roomA[4], roomB[4];
    bool montgomeryForm = oneMontgomery(a, b);
    const u64* left = montgomeryForm ? inMontgomery(a, roomA) : plain(a, roomA);
    const u64* right = montgomeryForm ? inMontgomery(b, roomB) : plain(b, roomB);
    if (subLimbs(r->limb, left, right)) addLimbs(r->limb, r->limb, MODULUS);
    r->kind = montgomeryForm ? FR_MONTGOMERY : FR_PLAIN;
}

void Fr_neg(PFrElement r, const FrElement* a) {
    if (a->kind == FR_SMALL) return setInteger(r, -Fr_small(a));
    FrElement zero{};
    Fr_sub(r, &zero, a);
}

void Fr_mulWide(PFrElement r, const FrElement* a, const FrElement* b) {
    if (Fr_bothSmall(a, b)) {
        const __int128 product = __int128(Fr_small(a)) * Fr_small(b);
        u128 size = product < 0 ? -u128(product) : u128(product);
        u64 limbs[4] = {u64(size), u64(size >> 64), 0, 0};
        if (product < 0) subLimbs(limbs, MODULUS, limbs);
        std::memcpy(r->limb, limbs, 32);
        r->kind = FR_PLAIN;
        return;
    }
    if (a->kind == FR_MONTGOMERY && b->kind == FR_MONTGOMERY) {
        montgomery(r->limb, a->limb, b->limb);
        r->kind = FR_MONTGOMERY;
        return;
    }
    if (b->kind == FR_SMALL) std::swap(a, b);
    if (a->kind == FR_SMALL) {
        if (Fr_small(a) == 1) return Fr_copy(r, b);
        if (Fr_small(a) == 0) return Fr_setSmall(r, 0);
    }
    u64 room[4], other[4];
    const u64 *left = a->kind == FR_SMALL ? plain(a, room) : a->limb, *right = b->limb;
    if (oneMontgomery(a, b)) {
        montgomery(r->limb, left, right);
    } else if (!shortProduct(r->limb, left, right)) {
        montgomery(other, left, right);
        montgomery(r->limb, other, R_SQUARED);
    }
    r->kind = FR_PLAIN;
}

void Fr_inv(PFrElement r, const FrElement* a) {
    const u64 two[4] = {2, 0, 0, 0};
    u64 room[4], exponent[4];
    subLimbs(exponent, MODULUS, two);
    power(r, inMontgomery(a, room), exponent);
}

void Fr_div(PFrElement r, const FrElement* a, const FrElement* b) {
    FrElement inverse;
    Fr_inv(&inverse, b);
    Fr_mul(r, a, &inverse);
}

void Fr_pow(PFrElement r, const FrElement* a, const FrElement* b) {
    u64 room[4], exponentRoom[4];
    power(r, inMontgomery(a, room), plain(b, exponentRoom));
}

void Fr_idiv(PFrElement r, const FrElement* a, const FrElement* b) {
    if (Fr_bothNatural(a, b) && b->limb[0]) return Fr_setSmall(r, Fr_small(a) / Fr_small(b));
    u64 roomA[4], roomB[4], quotient[4], remainder[4];
    divide(quotient, remainder, plain(a, roomA), plain(b, roomB));
    setPlain(r, quotient);
}

void Fr_mod(PFrElement r, const FrElement* a, const FrElement* b) {
    if (Fr_bothNatural(a, b) && b->limb[0]) return Fr_setSmall(r, Fr_small(a) % Fr_small(b));
    u64 roomA[4], roomB[4], quotient[4], remainder[4];
    divide(quotient, remainder, plain(a, roomA), plain(b, roomB));
    setPlain(r, remainder);
}

void Fr_shl(PFrElement r, const FrElement* a, const FrElement* b) {
    if (Fr_bothNatural(a, b) && b->limb[0] < FR_SMALL_BITS && !(a->limb[0] >> (FR_SMALL_BITS - b->limb[0]))) {
        return Fr_setSmall(r, Fr_small(a) << b->limb[0]);
    }
    shift(r, a, b, true);
}

void Fr_shrWide(PFrElement r, const FrElement* a, const FrElement* b) {
    shift(r, a, b, false);
}

void Fr_bandWide(PFrElement r, const FrElement* a, const FrElement* b) {
    if (a->kind == FR_PLAIN && b->kind == FR_SMALL && Fr_small(b) >= 0) {
        return Fr_setSmall(r, int64_t(a->limb[0] & b->limb[0]));
    }
    bitwise(r, a, b, [](u64 x, u64 y) { return x & y; });
}

void Fr_bor(PFrElement r, const FrElement* a, const FrElement* b) {
    bitwise(r, a, b, [](u64 x, u64 y) { return x | y; });
}

void Fr_bxor(PFrElement r, const FrElement* a, const FrElement* b) {
    bitwise(r, a, b, [](u64 x, u64 y) { return x ^ y; });
}

void Fr_bnot(PFrElement r, const FrElement* a) {
    bitwise(r, a, a, [](u64 x, u64) { return ~x; });
}

bool Fr_sameWide(const FrElement* a, const FrElement* b) {
    u64 roomA[4], roomB[4];
    bool montgomeryForm = oneMontgomery(a, b);
    const u64* left = montgomeryForm ? inMontgomery(a, roomA) : plain(a, roomA);
    const u64* right = montgomeryForm ? inMontgomery(b, roomB) : plain(b, roomB);
    return compareLimbs(left, right) == 0;
}

int Fr_compareWide(const FrElement* a, const FrElement* b) {
    u64 roomA[4], roomB[4];
    const u64 *left = plain(a, roomA), *right = plain(b, roomB);
    bool leftNegative = compareLimbs(left, HALF) > 0, rightNegative = compareLimbs(right, HALF) > 0;
    if (leftNegative != rightNegative) return leftNegative ? -1 : 1;
    return compareLimbs(left, right);
}

int Fr_toIntWide(const FrElement* a) {
    u64 room[4];
    FrElement integer;
    setPlain(&integer, plain(a, room));
    if (integer.kind != FR_SMALL || Fr_small(&integer) != int32_t(Fr_small(&integer))) {
        throw std::out_of_range("array index is no 32-bit integer");
    }
    return int(Fr_small(&integer));
}

bool Fr_fromWord(PFrElement r, const uint8_t* word) {
    u64 limbs[4];
    std::memcpy(limbs, word, FR_BYTES);
    if (compareLimbs(limbs, MODULUS) >= 0) return false;
    setPlain(r, limbs);
    return true;
}

void Fr_toWord(uint8_t* word, const FrElement* a) {
    if (a->kind == FR_SMALL && Fr_small(a) >= 0) {
        std::memset(word, 0, FR_BYTES);
        std::memcpy(word, a->limb, sizeof(u64));
        return;
    }
    u64 room[4];
    std::memcpy(word, plain(a, room), FR_BYTES);
}

// circom writes all constants above 2^31 in Montgomery form. Integers of up to two words meet integers, the others
// (those of hashes) each other.
void Fr_fromConstant(PFrElement r, const uint8_t* record) {
    constexpr uint32_t LONG = 0x80000000, MONTGOMERY = 0x40000000;
    int32_t value;
    uint32_t form;
    std::memcpy(&value, record, 4);
    std::memcpy(&form, record + 4, 4);
    if (!(form & LONG)) return Fr_setSmall(r, value);
    u64 limbs[4], negated[4];
    std::memcpy(limbs, record + 8, 32);
    if (!(form & MONTGOMERY)) return setPlain(r, limbs);
    std::memcpy(r->limb, limbs, 32);
    r->kind = FR_MONTGOMERY;
    outOfMontgomery(limbs, limbs);
    subLimbs(negated, MODULUS, limbs);
    if (fitsSmall(negated)) return Fr_setSmall(r, -int64_t(negated[0]));
    if (!(limbs[2] | limbs[3]) || !(negated[2] | negated[3])) setPlain(r, limbs);
}
