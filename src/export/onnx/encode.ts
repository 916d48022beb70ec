/** Writes a network as an ONNX file (https://onnx.ai), for Netron, onnxruntime and other programs. */
import { create, toBinary } from '@bufbuild/protobuf';
import { UserError } from '../../errors.js';
import type { Layer } from '../../layers/layer.js';
import { allLayers } from '../../layers/tree.js';
import { type Parameters, parameterLayout } from '../../models/parameters.js';
import { GraphWriter } from './graph-writer.js';
import { ModelProtoSchema, TensorProto_DataType, Version } from './onnx_pb.js';

/** The version of ONNX's set of operators. */
const OPSET = 17;

export interface OnnxOptions {
  /** True to make every layer's output an output of the graph, under the layer's name. */
  readonly activations: boolean;
  /** The version of this program. */
  readonly version: string;
  /** Text that is stored with the network. */
  readonly metadata: Readonly<Record<string, string>>;
}

/**
 * Encodes an ONNX file: opset 17, IR 8. The input `images` is `[N, C, H, W]` with pixels in [0, 1] and any N; the
 * output `logits` is `[N, classes]`. Nodes and their outputs have the layers' names. The same network gives the same
 * bytes.
 *
 * @throws {UserError} if a layer can't be written with ONNX's operators
 */
export function encodeOnnx(
  layers: readonly Layer[],
  parameters: Parameters<Float32Array>,
  { activations, version, metadata }: OnnxOptions,
): Uint8Array {
  const graph = new GraphWriter();
  let x = 'images';
  for (const layer of layers) x = graph.layer(layer, x, layer === layers.at(-1) ? 'logits' : layer.name);
  for (const { name, shape, offset, length } of parameterLayout(layers).slots) {
    if (!graph.uses(name))
      throw new UserError(
        `${name} is used by no operator of ONNX, so the network can't be exported to it. Export it to npz instead.`,
      );
    graph.addTensor(name, shape, parameters.values.subarray(offset, offset + length));
  }
  const [first, last] = [layers[0], layers[layers.length - 1]];
  const inner = activations ? allLayers(layers).slice(0, -1) : [];
  const model = create(ModelProtoSchema, {
    irVersion: BigInt(Version.IR_VERSION),
    opsetImport: [{ domain: '', version: BigInt(OPSET) }],
    producerName: 'weight-transport',
    producerVersion: version,
    graph: {
      name: 'network',
      node: graph.nodes,
      initializer: graph.tensors,
      input: [valueInfo('images', first.inputShape)],
      output: [
        valueInfo('logits', last.outputShape),
        ...inner.map(({ name, outputShape }) => valueInfo(name, outputShape)),
      ],
    },
    metadataProps: Object.entries(metadata).map(([key, value]) => ({ key, value })),
  });
  return toBinary(ModelProtoSchema, model);
}

/** Returns the description of float32 numbers of a shape for each of N images. */
const valueInfo = (name: string, shape: readonly number[]) => ({
  name,
  type: {
    value: {
      case: 'tensorType' as const,
      value: {
        elemType: TensorProto_DataType.FLOAT,
        shape: {
          dim: [
            { value: { case: 'dimParam' as const, value: 'N' } },
            ...shape.map((extent) => ({ value: { case: 'dimValue' as const, value: BigInt(extent) } })),
          ],
        },
      },
    },
  },
});
