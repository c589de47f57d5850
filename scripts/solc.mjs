#!/usr/bin/env node
// SPDX-License-Identifier: Apache-2.0
// The locked npm Solidity compiler behind the command line that forge expects of a native solc.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { resolve } from "node:path";

const compiler = createRequire(import.meta.url)("solc");
const argv = process.argv.slice(2);

/** Values of a repeatable option, in the order given. */
const valuesOf = (option) => argv.flatMap((argument, i) => (argument === option ? [argv[i + 1]] : []));

const roots = [...valuesOf("--base-path"), ...valuesOf("--include-path"), "."];
const allowed = [...roots, ...valuesOf("--allow-paths").flatMap((list) => list.split(","))].map((path) => resolve(path));

/** Source of an import that the input does not carry, from the allowed folders alone. */
const read = (source) => {
  for (const root of roots) {
    const path = resolve(root, source);
    if (!allowed.some((folder) => path === folder || path.startsWith(`${folder}/`))) continue;
    try {
      return { contents: readFileSync(path, "utf8") };
    } catch {
      continue;
    }
  }
  return { error: `${source}: not found in the allowed folders` };
};

if (argv.includes("--version")) {
  process.stdout.write(`solc, the solidity compiler commandline interface\nVersion: ${compiler.version()}\n`);
} else if (argv.includes("--standard-json")) {
  process.stdout.write(compiler.compile(readFileSync(0, "utf8"), { import: read }));
} else {
  process.stderr.write("usage: solc.mjs --version | --standard-json [--base-path P] [--include-path P] [--allow-paths P,P]\n");
  process.exitCode = 2;
}
