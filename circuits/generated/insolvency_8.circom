// SPDX-License-Identifier: Apache-2.0
// Generated from circuits/statements.json and circuits/presets.json; not edited by hand.
pragma circom 2.1.6;

include "../insolvency.circom";

component main {public [z]} = Insolvency(8);
