// SPDX-License-Identifier: Apache-2.0
// The tables of a compiled circuit and the state of its components, under the names of circom's generated code.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
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

// An array that its component frees; reads as false, so that the generated code does not free it too.
template <typename T>
class Owned {
public:
    Owned& operator=(T* array) {
        array_.reset(array);
        return *this;
    }
    operator T*() const { return array_.get(); }
    explicit operator bool() const { return false; }

private:
    std::unique_ptr<T[]> array_;
};

struct Circom_Component {
    u32 templateId = 0;
    u64 signalStart = 0;
    u32 inputCounter = 0;
    std::string templateName;
    std::string componentName;
    u64 idFather = 0;
    Owned<u32> subcomponents;
    Owned<bool> subcomponentsParallel, outputIsSet, mutexes, cvs, sbct;
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
