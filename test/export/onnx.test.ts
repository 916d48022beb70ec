import { fromBinary } from '@bufbuild/protobuf';
import { test } from 'tap';
import { encodeOnnx } from '../../src/export/onnx/encode.js';
import { ModelProtoSchema } from '../../src/export/onnx/onnx_pb.js';
import { activation } from '../../src/layers/activation.js';
import type { Layer, PlainLayer } from '../../src/layers/layer.js';
import { linear } from '../../src/layers/linear.js';
import { relu } from '../../src/layers/relu.js';
import { allLayers } from '../../src/layers/tree.js';
import { type ModelName, models, type NetworkSpec } from '../../src/models/index.js';
import { type ActivationName, activations } from '../../src/models/lenet.js';
import { referenceKernels } from '../../src/tensor/reference.js';
import { lenetOf, mnistSpec, networkOf } from '../helpers/networks.js';

const options = { activations: false, version: '1.2.3', metadata: { rule: 'bp' } };
const kernels = referenceKernels();

const written = (layers: readonly Layer[], changed: Partial<typeof options> = {}) => {
  const { parameters } = networkOf(layers, 'bp', kernels);
  const model = fromBinary(ModelProtoSchema, encodeOnnx(layers, parameters, { ...options, ...changed }));
  if (!model.graph) throw new Error('no graph');
  return { ...model, graph: model.graph };
};
const shapeOf = (value: ReturnType<typeof written>['graph']['input'][number]) => {
  const type = value.type?.value;
  return type?.case === 'tensorType' ? type.value.shape?.dim.map(({ value: { value } }) => value) : undefined;
};

for (const model of Object.keys(models) as ModelName[]) {
  for (const name of Object.keys(activations) as ActivationName[]) {
    test(`${model} with ${name}: a node for each layer, called like it, opset 17, IR 8`, (t) => {
      const spec: NetworkSpec = { ...mnistSpec, model, activation: name };
      const { layers, parameters, layout } = lenetOf('bp', kernels, spec);
      const { irVersion, opsetImport, graph, producerVersion, metadataProps } = written(layers);
      t.equal(irVersion, 8n);
      t.match(opsetImport, [{ domain: '', version: 17n }]);
      t.equal(producerVersion, '1.2.3');
      t.match(metadataProps, [{ key: 'rule', value: 'bp' }]);
      const names = allLayers(layers).map((layer) => layer.name);
      t.same(
        graph.node.map((node) => node.name).filter((each) => names.includes(each)),
        names,
      );
      t.same(shapeOf(graph.input[0]), ['N', 1n, 28n, 28n]);
      t.same(graph.output.map((value) => [value.name, shapeOf(value)]), [['logits', ['N', 10n]]]); // biome-ignore format: one line
      for (const { name: slot, shape, offset, length } of layout.slots) {
        const tensor = graph.initializer.find((each) => each.name === slot);
        t.same(tensor?.dims.map(Number), shape, slot);
        t.same(new Float32Array(tensor?.rawData?.slice().buffer ?? new ArrayBuffer(0)), parameters.values.slice(offset, offset + length)); // biome-ignore format: one line
      }
      const given = new Set(['images', ...graph.initializer.map((each) => each.name)]);
      for (const { input, output } of graph.node) {
        t.ok(input.every((each) => given.has(each)), `${output}: from what was there before`); // biome-ignore format: one line
        given.add(output[0]);
      }
      t.end();
    });
  }
}

test('with activations every layer’s output is one of the graph, by the layer’s name', (t) => {
  const { layers } = lenetOf('bp', kernels);
  const { graph } = written(layers, { activations: true });
  t.same(
    graph.output.map((value) => [value.name, shapeOf(value)?.slice(1).map(Number)]),
    [['logits', [10]], ...layers.slice(0, -1).map((layer) => [layer.name, layer.outputShape])],
  );
  t.end();
});

/** y = φ(x) + x: a layer that is made of another. */
const residual = (name: string, inner: PlainLayer): PlainLayer => ({
  ...inner,
  name,
  writeTo: (graph, x) => graph.operator('Add', [graph.layer(inner, x), x]),
});

test('a layer made of layers writes these, by their names, and goes by its own', (t) => {
  const block = residual('block', activation('block.relu', [4], relu));
  const { graph } = written([block, linear('fc', [4], { outputs: 2 })]);
  t.same(
    graph.node.map(({ name, opType, input, output }) => [name, opType, input, output]),
    [
      ['block.relu', 'Relu', ['images'], ['block.relu']],
      ['block', 'Add', ['block.relu', 'images'], ['block']],
      ['fc', 'Gemm', ['block', 'fc.weight', 'fc.bias'], ['logits']],
    ],
  );
  t.end();
});

test('a layer that passes on what it gets has a node all the same', (t) => {
  const through: PlainLayer = { ...activation('through', [4], relu), writeTo: (_, x) => x };
  const { graph } = written([linear('fc', [4], { outputs: 4 }), through]);
  t.same(
    graph.node.map(({ name, opType, output }) => [name, opType, output]),
    [
      ['fc', 'Gemm', ['fc']],
      ['through', 'Identity', ['logits']],
    ],
  );
  t.end();
});

test('a layer that ONNX has no operator for is refused by name', (t) => {
  const own = activation('swish1', [4], { forward: relu.forward, backward: relu.backward });
  t.throws(() => written([own, linear('fc', [4], { outputs: 2 })]), /swish1 can't be written with ONNX's operators/);
  const { writeTo: _, ...mute } = linear('fc', [4], { outputs: 2 });
  t.throws(() => written([{ ...mute, writeTo: (graph, x) => graph.operator('Relu', [x]) }]), /fc\.weight is used by no operator/); // biome-ignore format: one line
  t.end();
});
