// SPDX-License-Identifier: Apache-2.0
// Witness generator of one circuit as a shared library; compiled with CIRCUIT_SOURCE (circom's generated code) and
// CIRCUIT_DATA (circom's tables). Nothing is shared between calculations but the tables, which never change.
#include "calcwit.hpp"

#include <mutex>

#include CIRCUIT_SOURCE

#undef printf

asm(".section .rodata\n"
    ".balign 8\n"
    "circuit_data: .incbin \"" CIRCUIT_DATA "\"\n"
    "circuit_data_end: .byte 0\n"
    ".text\n");
extern "C" __attribute__((visibility("hidden"))) const u8 circuit_data[];
extern "C" __attribute__((visibility("hidden"))) const u8 circuit_data_end[];

struct Circuit {
    std::vector<InputSignal> inputs;
    std::vector<u64> wires;  // signal of each wire
    std::vector<FrElement> constants;
    IOMap components;
    std::vector<IOFieldDefPair> buses;
};

namespace {

class Reader {
public:
    template <typename T>
    T take() {
        T value;
        std::memcpy(&value, bytes(sizeof(T)), sizeof(T));
        return value;
    }
    const u8* bytes(size_t count) {
        if (size_t(circuit_data_end - position_) < count) throw std::length_error("the circuit's tables end early");
        const u8* start = position_;
        position_ += count;
        return start;
    }
    IOFieldDefPair fields() {
        IOFieldDefPair pair{take<u32>(), nullptr};
        pair.defs = new IOFieldDef[pair.len];
        for (u32 i = 0; i < pair.len; i++) {
            IOFieldDef& field = pair.defs[i];
            field.offset = take<u32>();
            field.len = take<u32>();
            field.lengths = new u32[field.len];
            for (u32 j = 0; j < field.len; j++) field.lengths[j] = take<u32>();
            field.size = take<u32>();
            field.busId = take<u32>();
        }
        return pair;
    }

private:
    const u8* position_ = circuit_data;
};

Circuit read_circuit() {
    Circuit circuit;
    Reader reader;
    for (uint i = 0; i < get_size_of_input_hashmap(); i++) circuit.inputs.push_back(reader.take<InputSignal>());
    for (uint i = 0; i < get_size_of_witness(); i++) circuit.wires.push_back(reader.take<u64>());
    circuit.constants.resize(get_size_of_constants());
    for (FrElement& constant : circuit.constants) Fr_fromConstant(&constant, reader.bytes(FR_CONSTANT_BYTES));
    std::vector<u32> ids;
    for (uint i = 0; i < get_size_of_io_map(); i++) ids.push_back(reader.take<u32>());
    for (u32 id : ids) circuit.components.insert(id, reader.fields());
    for (uint i = 0; i < get_size_of_bus_field_map(); i++) circuit.buses.push_back(reader.fields());
    return circuit;
}

const Circuit& the_circuit() {
    static const Circuit circuit = read_circuit();
    return circuit;
}

// Workspaces that await the next calculation: fresh pages cost more than the zeros that are due anyway.
class Workspaces {
public:
    Workspaces() { idle_.reserve(KEPT); }
    std::unique_ptr<Workspace> take() {
        {
            const std::lock_guard<std::mutex> guard(lock_);
            if (!idle_.empty()) {
                auto workspace = std::move(idle_.back());
                idle_.pop_back();
                return workspace;
            }
        }
        return std::make_unique<Workspace>();
    }
    void put(std::unique_ptr<Workspace> workspace) noexcept {
        workspace->arena.rewind();
        const std::lock_guard<std::mutex> guard(lock_);
        if (idle_.size() < KEPT) idle_.push_back(std::move(workspace));
    }

private:
    static constexpr size_t KEPT = 4;
    std::mutex lock_;
    std::vector<std::unique_ptr<Workspace>> idle_;
};

Workspaces& the_workspaces() {
    static Workspaces workspaces;
    return workspaces;
}

const InputSignal* find(const Circuit& circuit, u64 hash) {
    for (const InputSignal& input : circuit.inputs) {
        if (input.hash == hash && input.size) return &input;
    }
    return nullptr;
}

enum Outcome { DONE, SIGNAL_REJECTED, CONSTRAINT_FAILED, INTERNAL };

Outcome say(char* message, uint room, const char* text, Outcome outcome) {
    snprintf(message, room, "%s", text);
    return outcome;
}

Outcome set_inputs(const Circuit& circuit, Circom_CalcWit& calculation, uint count, const u64* hashes, const u8* words,
                   char* message, uint room) {
    u64 given = 0;
    for (uint i = 0; i < count; i++) {
        const InputSignal* input = find(circuit, hashes[i]);
        if (!input) return say(message, room, "unknown signal", SIGNAL_REJECTED);
        for (u64 j = 0; j < input->size; j++, words += FR_BYTES) {
            if (!Fr_fromWord(&calculation.signalValues[input->first + j], words)) {
                return say(message, room, "signal not below r", SIGNAL_REJECTED);
            }
        }
        given += input->size;
    }
    return given == get_main_input_signal_no() ? DONE : say(message, room, "missing signals", SIGNAL_REJECTED);
}

}  // namespace

Workspace::Workspace() : signals(new FrElement[get_total_signal_no()]()), components(get_number_of_components()) {}

Circom_CalcWit::Circom_CalcWit(const Circuit& circuit)
    : workspace(the_workspaces().take()),
      arena(workspace->arena),
      signalValues(workspace->signals.get()),
      componentMemory(workspace->components.data()),
      circuitConstants(const_cast<FrElement*>(circuit.constants.data())),
      templateInsId2IOSignalInfo(circuit.components),
      busInsId2FieldInfo(circuit.buses.data()) {
    Fr_setSmall(&signalValues[0], 1);
}

Circom_CalcWit::~Circom_CalcWit() {
    std::memset(static_cast<void*>(signalValues), 0, sizeof(FrElement) * get_total_signal_no());
    asm volatile("" : : "r"(signalValues) : "memory");
    the_workspaces().put(std::move(workspace));
}

std::string Circom_CalcWit::getTrace(u64 component) const {
    const Circom_Component& own = workspace->components.at(component);
    return component ? getTrace(own.idFather) + "." + own.componentName.str() : own.componentName.str();
}

std::string Name::str() const {
    std::string positions;
    uint index = position.index;
    for (uint i = position.n_dimensions; i-- > 0; index /= position.dimensions[i]) {
        positions = "[" + std::to_string(index % position.dimensions[i]) + "]" + positions;
    }
    return text + positions;
}

#define EXPORTED extern "C" __attribute__((visibility("default")))

EXPORTED uint zkrisk_wires() { return get_size_of_witness(); }

EXPORTED uint zkrisk_input_elements() { return get_main_input_signal_no(); }

// Elements of the input signal whose name has that hash; 0 for no input.
EXPORTED u64 zkrisk_input_size(u64 hash) {
    try {
        const InputSignal* input = find(the_circuit(), hash);
        return input ? input->size : 0;
    } catch (...) {
        return 0;
    }
}

// Calculates the witness for `count` input signals, named by hash, whose elements follow each other in `words`, and
// writes the `n_wires` words of `wires` (of all wires where that is null) to `out`. A refusal is told in `message`.
EXPORTED int zkrisk_witness(uint count, const u64* hashes, const u8* words, const u32* wires, uint n_wires, u8* out,
                            char* message, uint room) {
    try {
        const Circuit& circuit = the_circuit();
        Circom_CalcWit calculation(circuit);
        if (Outcome refused = set_inputs(circuit, calculation, count, hashes, words, message, room)) return refused;
        run(&calculation);
        for (uint i = 0; i < n_wires; i++, out += FR_BYTES) {
            Fr_toWord(out, &calculation.signalValues[circuit.wires.at(wires ? wires[i] : i)]);
        }
        return DONE;
    } catch (const ConstraintFailed& failure) {
        return say(message, room, failure.what(), CONSTRAINT_FAILED);
    } catch (const std::domain_error& failure) {
        return say(message, room, failure.what(), CONSTRAINT_FAILED);
    } catch (const std::exception& failure) {
        return say(message, room, failure.what(), INTERNAL);
    } catch (...) {
        return say(message, room, "unknown failure", INTERNAL);
    }
}
