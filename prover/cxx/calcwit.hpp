// SPDX-License-Identifier: Apache-2.0
// One calculation of a witness, under the names of circom's generated code.
#pragma once

#include <cstdio>
#include <sstream>
#include <stdexcept>

#include "circom.hpp"

// The inputs break a rule of the circuit; the text names template, line and component.
struct ConstraintFailed : std::runtime_error {
    using std::runtime_error::runtime_error;
};

class IOMap {
public:
    void insert(u32 id, IOFieldDefPair fields) { fields_[id] = fields; }
    const IOFieldDefPair& operator[](u32 id) const { return fields_.at(id); }

private:
    std::map<u32, IOFieldDefPair> fields_;
};

struct Circuit;

// Memory of one calculation; the signals are all zero while no calculation has it.
struct Workspace {
    Workspace();

    std::unique_ptr<FrElement[]> signals;
    std::vector<Circom_Component> components;
    Arena arena;
};

class Circom_CalcWit {
public:
    explicit Circom_CalcWit(const Circuit& circuit);
    ~Circom_CalcWit();
    Circom_CalcWit(const Circom_CalcWit&) = delete;
    Circom_CalcWit& operator=(const Circom_CalcWit&) = delete;

    [[noreturn]] void fail() const { throw ConstraintFailed(messages.str()); }
    std::string getTrace(u64 component) const;
    template <uint N>
    Position generate_position_array(const uint (&dimensions)[N], uint n_dimensions, uint index) const {
        return {dimensions, n_dimensions, index};
    }
    template <uint N>
    Position generate_position_array(uint (&)[N], uint, uint) const = delete;  // would not outlive its function

    std::unique_ptr<Workspace> workspace;
    Arena& arena;
    FrElement* signalValues;
    Circom_Component* componentMemory;
    FrElement* circuitConstants;
    const IOMap& templateInsId2IOSignalInfo;
    const IOFieldDefPair* busInsId2FieldInfo;
    Name* listOfTemplateMessages = nullptr;
    std::ostringstream messages;
};

inline void* operator new[](size_t bytes, Arena& arena) { return arena.take(bytes); }

using Circom_TemplateFunction = void (*)(uint component, Circom_CalcWit* ctx);

// log() is dropped.
#define printf(...) static_cast<void>(0)
