/** A network as an ONNX file (https://onnx.ai): for Netron, onnxruntime, and whatever else reads that. */
import { create, toBinary } from '@bufbuild/protobuf';
import { UserError } from '../../errors.js';
import type { Layer } from '../../layers/layer.js';
import { allLayers } from '../../layers/tree.js';
import { type Parameters, parameterLayout } from '../../models/parameters.js';
import { GraphWriter } from './graph-writer.js';
import { ModelProtoSchema, TensorProto_DataType, Version } from './onnx_pb.js';

/** The set of operators that graphs are written in. */
const OPSET = 17;

export interface OnnxOptions {
  /** Makes every layer's output an output of the graph, under the layer's name. */
  readonly activations: boolean;
  /** The version of this program. */
  readonly version: string;
  /** Text to go with the network. */
  readonly metadata: Readonly<Record<string, string>>;
}

/**
 * The bytes of an ONNX file: opset 17, IR 8; input `images`, `[N, C, H, W]` pixels in [0, 1] with N free; output
 * `logits`, `[N, classes]`. Nodes, and what they give, are called as the layers. The same network gives the same bytes.
 *
 * @throws {UserError} if a layer can't be written in ONNX's operators
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
      throw new UserError(`${name} is used by no operator of ONNX: such a network can't be exported.`);
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

/** Float32 numbers of this shape for each of N images. */
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
