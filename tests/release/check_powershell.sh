#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause-Patent
# check_powershell.sh SCRIPT.ps1 CACHE_DIR: the script must parse, by PowerShell itself where it is installed, else by
# the grammar that editors use (npm's tree-sitter-powershell). Exits 77 (skipped) where there is neither.
set -eu
script=$(realpath "$1") cache=$2

if command -v pwsh > /dev/null; then
    # shellcheck disable=SC2016 # variables of PowerShell
    exec pwsh -NoProfile -Command '
        $errors = $null
        [void] [System.Management.Automation.Language.Parser]::ParseFile($args[0], [ref] $null, [ref] $errors)
        $errors | ForEach-Object { "{0}: {1}" -f $_.Extent.StartLineNumber, $_.Message }
        exit [int] ($errors.Count -ne 0)' -args "$script"
fi
command -v npm > /dev/null || { echo "neither pwsh nor npm is installed"; exit 77; }
mkdir -p "$cache"
cd "$cache"
[ -d node_modules/web-tree-sitter ] ||
    timeout 60 npm install --silent --no-audit --no-fund --ignore-scripts tree-sitter-powershell@0.26.4 web-tree-sitter@0.27.2 ||
    { echo "npm cannot install the grammar"; exit 77; }
cat > parse.mjs << 'END'
import { readFileSync } from 'node:fs';
import { Language, Parser } from 'web-tree-sitter';
await Parser.init();
const parser = new Parser();
parser.setLanguage(await Language.load('node_modules/tree-sitter-powershell/tree-sitter-powershell.wasm'));
const tree = parser.parse(readFileSync(process.argv[2], 'utf8'));
const report = node => {
    if (node.isError || node.isMissing) console.log(`line ${node.startPosition.row + 1}: ${node.text.slice(0, 60)}`);
    if (node.hasError) node.children.forEach(report);
};
report(tree.rootNode);
process.exit(tree.rootNode.hasError ? 1 : 0);
END
# Optimizing the grammar takes a hundred times as long as parsing one file.
exec node --liftoff-only parse.mjs "$script"
