#!/usr/bin/env bash
# Makes src/export/onnx/onnx_pb.ts: TypeScript for the messages of ONNX's own schema (Apache-2.0), as its release 1.12
# has it: IR 8, opset 17. Debian 12's python3-onnx brings that file. Node 22 or newer; the result runs on Node 20.
set -euo pipefail
cd "$(dirname "$0")/.."
schema=$(mktemp -d)
trap 'rm -rf "$schema"' EXIT
cp /usr/lib/python3/dist-packages/onnx/onnx.proto "$schema"
npx --yes --package @bufbuild/buf@1.75.0 --package @bufbuild/protoc-gen-es@2.17.0 buf generate "$schema" --template \
  '{"version": "v2", "plugins": [{"local": "protoc-gen-es", "out": "src/export/onnx", "opt": ["target=ts", "import_extension=js"]}]}'
