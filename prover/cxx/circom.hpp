// SPDX-License-Identifier: Apache-2.0
// The tables of a compiled circuit and the state of its components, under the names of circom's generated code.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <ostream>
#include <string>
#include <utility>
#include <vector>

#include "fr.hpp"

using u64 = unsigned long long;
using u32 = uint32_t;
using u8 = uint8_t;

// Place of one input or output of a component whose template is known only when it runs.
struct IOFieldDef {
    u32 offset;
    u32 len;
    u32* lengths;
    u32 size;
    u32 busId;
};

struct IOFieldDefPair {
    u32 len;
    IOFieldDef* defs;
};

struct InputSignal {
    u64 hash;  // FNV-1a of the name
    u64 first;
    u64 size;
};

// Place in an array of components; `dimensions` are constants of the generated code.
struct Position {
    const uint* dimensions = nullptr;
    uint n_dimensions = 0;
    uint index = 0;
};

// Name of a template or of a component: copied for every component, but turned into text only to tell of a failure.
struct Name {
    Name(const char* text = "", Position position = {}) : text(text), position(position) {}
    std::string str() const;

    const char* text;
    Position position;
};

inline Name operator+(const char* text, Position position) { return Name(text, position); }
inline std::ostream& operator<<(std::ostream& out, const Name& name) { return out << name.str(); }

// Room for the arrays of the components of one calculation.
class Arena {
public:
    void* take(size_t bytes) {
        const size_t units = (bytes + sizeof(Unit) - 1) / sizeof(Unit);
        if (units > left_) {
            largest_ = std::max(units, largest_ ? 2 * largest_ : FIRST_CHUNK);
            chunks_.emplace_back(new Unit[largest_]);
            next_ = chunks_.back().get();
            left_ = largest_;
        }
        left_ -= units;
        return std::exchange(next_, next_ + units);
    }
    // Gives all arrays back; the largest chunk, which has more room than the others together, stays.
    void rewind() noexcept {
        if (chunks_.empty()) return;
        std::swap(chunks_.front(), chunks_.back());
        chunks_.resize(1);
        next_ = chunks_.front().get();
        left_ = largest_;
    }

private:
    using Unit = std::max_align_t;
    static constexpr size_t FIRST_CHUNK = 1 << 12;
    std::vector<std::unique_ptr<Unit[]>> chunks_;
    Unit* next_ = nullptr;
    size_t left_ = 0, largest_ = 0;
};

// An array in the arena; reads as false, so that the generated code does not free it.
template <typename T>
class Lent {
public:
    Lent& operator=(T* array) {
        array_ = array;
        return *this;
    }
    operator T*() const { return array_; }
    explicit operator bool() const { return false; }

private:
    T* array_ = nullptr;
};

struct Circom_Component {
    u32 templateId = 0;
    u64 signalStart = 0;
    u32 inputCounter = 0;
    Name templateName;
    Name componentName;
    u64 idFather = 0;
    Lent<u32> subcomponents;
    Lent<bool> subcomponentsParallel, outputIsSet, mutexes, cvs, sbct;
};

uint get_main_input_signal_start();
uint get_main_input_signal_no();
uint get_total_signal_no();
uint get_number_of_components();
uint get_size_of_input_hashmap();
uint get_size_of_witness();
uint get_size_of_constants();
uint get_size_of_io_map();
uint get_size_of_bus_field_map();
