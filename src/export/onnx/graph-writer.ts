import { create } from '@bufbuild/protobuf';
import { UserError } from '../../errors.js';
import type { Graph, Written } from '../../layers/graph.js';
import type { Layer } from '../../layers/layer.js';
import { tensorsOf } from '../../layers/tree.js';
import { littleEndian } from '../bytes.js';
import {
  type AttributeProto,
  AttributeProto_AttributeType,
  AttributeProtoSchema,
  type NodeProto,
  NodeProtoSchema,
  type TensorProto,
  TensorProto_DataType,
  TensorProtoSchema,
} from './onnx_pb.js';

/**
 * Builds a graph from the layers' operators. A layer's output has the layer's name; values within it are called
 * `conv1/…`.
 */
export class GraphWriter {
  readonly nodes: NodeProto[] = [];
  readonly tensors: TensorProto[] = [];

  /**
   * Writes a layer.
   *
   * @param x the name of its input
   * @param output the name to give to its output
   * @returns the name of its output
   * @throws {UserError} if it can't be written
   */
  layer(layer: Written, x: string, output: string): string {
    if (!layer.writeTo) {
      throw new UserError(
        `${layer.name} can't be written with ONNX's operators, so the network can't be exported to it. Export it to npz instead.`,
      );
    }
    const before = this.nodes.length;
    const given = layer.writeTo(this.within(layer), x);
    const own = this.nodes.slice(before);
    const last = own.find((node) => node.output[0] === given) ?? this.add(layer.name, 'Identity', [given], {});
    for (const node of own) node.input = node.input.map((input) => (input === last.output[0] ? output : input));
    last.name = layer.name;
    last.output = [output];
    return output;
  }

  /** Adds numbers under a name. */
  addTensor(name: string, shape: readonly number[], values: Float32Array): void {
    const dims = shape.map(BigInt);
    const rawData = littleEndian(values);
    this.tensors.push(create(TensorProtoSchema, { name, dims, dataType: TensorProto_DataType.FLOAT, rawData }));
  }

  /** Returns true if an operator uses the value of this name. */
  uses(name: string): boolean {
    return this.nodes.some(({ input }) => input.includes(name));
  }

  /** Returns the graph that a layer writes itself into. */
  private within(layer: Written): Graph {
    const { name } = layer;
    return {
      operator: (type, inputs, attributes = {}) => this.add(name, type, inputs, attributes).output[0],
      constant: (own, shape, values) => {
        this.addTensor(`${name}.${own}`, shape, Float32Array.from(values));
        return `${name}.${own}`;
      },
      parameters: () => tensorsOf(layer as Layer).map((own) => `${name}.${own.name}`),
      layer: (inner, x) => this.layer(inner, x, inner.name),
    };
  }

  private add(
    layer: string,
    type: string,
    inputs: readonly string[],
    attributes: Readonly<Record<string, number | readonly number[]>>,
  ): NodeProto {
    const name = `${layer}/${type}-${this.nodes.length}`;
    const attribute = Object.entries(attributes).map(([key, value]) => attributeOf(key, value));
    const node = create(NodeProtoSchema, { name, opType: type, input: [...inputs], output: [name], attribute });
    this.nodes.push(node);
    return node;
  }
}

function attributeOf(name: string, value: number | readonly number[]): AttributeProto {
  return typeof value === 'number'
    ? create(AttributeProtoSchema, { name, type: AttributeProto_AttributeType.INT, i: BigInt(value) })
    : create(AttributeProtoSchema, { name, type: AttributeProto_AttributeType.INTS, ints: value.map(BigInt) });
}
