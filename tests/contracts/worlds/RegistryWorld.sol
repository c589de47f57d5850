// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {VerifierRegistry} from "../../../contracts/VerifierRegistry.sol";
import {IVerifierRegistry} from "../../../contracts/interfaces/IVerifierRegistry.sol";
import {Test} from "../base/Test.sol";

/// @notice Owner, guardian, watch and stranger of a registry with the real keys and proofs of two circuits, each under
/// several ids.
contract RegistryWorld is Test {
    uint256 private constant IDS = 6;
    address private constant GUARDIAN = address(0x6a);
    address private constant WATCH = address(0x3a7c4);

    VerifierRegistry private _registry = new VerifierRegistry(address(this), true);

    /// @dev Of `three_signals` and of `option_32`.
    uint256[22][2] private _keys;
    uint256[8][2] private _proofs;
    uint256[3][2] private _signals;

    IVerifierRegistry.Status[6] private _status;
    bool[6] private _tombstoned;
    bool private _watched;

    /// @notice What went wrong first in each respect, and how often a proof was verified.
    string public risen;
    string public usurped;
    string public wrong;
    uint256 public verifications;

    constructor() {
        string[2] memory files = ["groth16.json", "option_proof.json"];
        for (uint256 i = 0; i < 2; ++i) {
            string memory json = vector(files[i]);
            uint256[] memory words = vm.parseJsonUintArray(json, ".key");
            for (uint256 j = 0; j < 22; ++j) {
                _keys[i][j] = words[j];
            }
            words = vm.parseJsonUintArray(json, ".proof");
            for (uint256 j = 0; j < 8; ++j) {
                _proofs[i][j] = words[j];
            }
            words = vm.parseJsonUintArray(json, ".signals");
            for (uint256 j = 0; j < 3; ++j) {
                _signals[i][j] = words[j];
            }
        }
        _registry.setGuardian(GUARDIAN);
    }

    function add(uint256 which, address caller) external {
        which %= IDS;
        bool allowed = _asOwner(caller) && _status[which] == IVerifierRegistry.Status.None;
        try _registry.add(_id(which), _keys[which % 2], "manifest", false) {
            if (!allowed) usurped = "added";
            _status[which] = IVerifierRegistry.Status.Active;
        } catch {
            if (allowed) wrong = "an addition was refused";
        }
    }

    function remove(uint256 which, uint256 caller) external {
        which %= IDS;
        bool allowed = _asRole(caller) && !_tombstoned[which];
        try _registry.remove(_id(which)) {
            if (!allowed) usurped = "removed";
            (_status[which], _tombstoned[which]) = (IVerifierRegistry.Status.Removed, true);
        } catch {
            if (allowed) wrong = "a removal was refused";
        }
    }

    function stop(uint256 caller) external {
        bool allowed = _asRole(caller) || (caller % 4 == 3 && _watched);
        try _registry.stop() {
            if (!allowed) usurped = "stopped";
            for (uint256 i = 0; i < IDS; ++i) {
                if (_status[i] == IVerifierRegistry.Status.Active) _status[i] = IVerifierRegistry.Status.Stopped;
            }
        } catch {
            if (allowed) wrong = "a stop was refused";
        }
    }

    function resume(uint256 which, address caller) external {
        which %= IDS;
        bytes32[] memory ids = new bytes32[](1);
        ids[0] = _id(which);
        bool allowed = _asOwner(caller) && _status[which] == IVerifierRegistry.Status.Stopped;
        try _registry.resume(ids) {
            if (!allowed) risen = "resumed";
            _status[which] = IVerifierRegistry.Status.Active;
        } catch {
            if (allowed) wrong = "a resumption was refused";
        }
    }

    function watch(bool active) external {
        _registry.setWatch(WATCH, active);
        _watched = active;
    }

    /// @notice A true proof, one with another word, or both in a batch, under an id in whatever state.
    function verify(uint256 which, uint256 kind, uint256 word) external {
        which %= IDS;
        uint256 circuit = which % 2;
        uint256[3] memory signals = _signals[circuit];
        bool honest = kind % 3 != 0;
        if (!honest) signals[word % 3] = addmod(signals[word % 3], 1 + word % 1000, type(uint128).max);
        bool usable = _status[which] == IVerifierRegistry.Status.Active;
        if (kind % 3 == 2) {
            _verifyBatch(which, kind / 3 % IDS, usable);
            return;
        }
        try _registry.verify(_id(which), _proofs[circuit], signals) returns (bool valid) {
            if (!usable) risen = "verified";
            if (valid != honest) wrong = "another verdict";
            ++verifications;
        } catch {
            if (usable) wrong = "an active id was refused";
        }
    }

    /// @notice Whether every id is in the state in which it was left.
    function areStatesKept() external view returns (bool) {
        for (uint256 i = 0; i < IDS; ++i) {
            if (_registry.circuitOf(_id(i)).status != _status[i]) return false;
        }
        return true;
    }

    /// @notice Whether a removed id verifies its true proof, alone or in a batch.
    function doesTombstoneVerify() external view returns (bool) {
        for (uint256 i = 0; i < IDS; ++i) {
            if (!_tombstoned[i]) continue;
            try _registry.verify(_id(i), _proofs[i % 2], _signals[i % 2]) returns (bool) {
                return true;
            } catch {}
        }
        return false;
    }

    function _verifyBatch(uint256 a, uint256 b, bool usable) private {
        bytes32[] memory ids = new bytes32[](2);
        uint256[8][] memory proofs = new uint256[8][](2);
        uint256[3][] memory signals = new uint256[3][](2);
        (ids[0], ids[1]) = (_id(a), _id(b));
        (proofs[0], proofs[1]) = (_proofs[a % 2], _proofs[b % 2]);
        (signals[0], signals[1]) = (_signals[a % 2], _signals[b % 2]);
        usable = usable && _status[b] == IVerifierRegistry.Status.Active;
        try _registry.verifyBatch(ids, proofs, signals) returns (bool valid) {
            if (!usable) risen = "verified in a batch";
            if (!valid) wrong = "a true batch was refused";
            ++verifications;
        } catch {
            if (usable) wrong = "an active batch was refused";
        }
    }

    /// @dev Half of the calls come from the owner.
    function _asOwner(address caller) private returns (bool) {
        if (uint160(caller) % 2 == 0 || caller == address(this)) return true;
        vm.prank(caller);
        return false;
    }

    /// @dev The guardian or the owner; or a stranger or the watch.
    function _asRole(uint256 caller) private returns (bool) {
        if (caller % 4 == 0) vm.prank(GUARDIAN);
        if (caller % 4 > 1) vm.prank(caller % 4 == 2 ? address(0xbad) : WATCH);
        return caller % 4 < 2;
    }

    function _id(uint256 which) private pure returns (bytes32) {
        // Below 32 bytes.
        // forge-lint: disable-next-line(unsafe-typecast)
        return bytes32("circuit") | bytes32(which + 1);
    }
}
