# SPDX-License-Identifier: Apache-2.0
"""The registry of data vectors (``circuits/statements.json``) and the generators of what follows from it."""
