import { deviation } from '../layers/batch-norm.js';
import type { Layer } from '../layers/layer.js';
import { isBlock, isNormalizing } from '../layers/tree.js';
import type { Loss } from '../losses/loss.js';
import { backprop } from '../rules/backprop.js';
import type { LearningRule } from '../rules/rule.js';
import { type Sent, watching } from '../rules/watch.js';
import { angleBetween } from '../tensor/angle.js';
import type { ClassIndices } from '../tensor/class-indices.js';
import type { FloatArray } from '../tensor/tensor.js';
import { checkNetwork, type Network } from './network.js';
import { normalizationIn, weightsIn } from './stages.js';
import { checkTraced, type Descent, extent, type LayerTrace, softmax, type Trace } from './trace.js';
import { type Gradient, gradientOf, Workspace } from './workspace.js';

/** Traces images through one network. */
export class Tracer<A extends FloatArray> {
  private readonly workspace: Workspace<A>;
  /** A workspace for each layer without weights on its own, to ask what it lets through. */
  private readonly plain: ReadonlyMap<Layer, Workspace<A>>;

  /** @throws {TypeError} if there is no network */
  constructor(private readonly network: Network<A>) {
    checkNetwork('Tracer', network);
    this.workspace = new Workspace(network, 1, true);
    const alone = this.workspace.layerMemory.flatMap(({ layer }): [Layer, Workspace<A>][] => {
      const { inputShape, window } = layer;
      if (layer.weighted || isBlock(layer) || (window && window.stride < window.kernel)) return [];
      return [[layer, new Workspace({ ...runnable(network), layers: [layer], inputShape }, 1)]];
    });
    this.plain = new Map(alone);
  }

  /**
   * @param image `[C, H, W]` in [0, 1]
   * @param label its true class
   * @throws {ShapeError} if the image is not as large as the network expects
   * @throws {RangeError | TypeError} if a number is not finite, the label no class, or an argument none
   * @throws {Error} if the network was released
   */
  trace(image: FloatArray, label: number, loss: Loss): Trace<A> {
    const { network, workspace } = this;
    checkNetwork('trace', network);
    checkTraced('trace', network, image, label, loss);
    const labels = Uint16Array.of(label);
    workspace.input.data.set(image);
    workspace.forward(1);
    const logits = workspace.logits.data.slice() as A;
    const prediction = workspace.predictions(1)[0];
    workspace.evaluateLoss(loss, labels, 1);
    const dlogits = workspace.dlogits.data.slice() as A;
    const copy = copies<A>();
    const up = workspace.layerMemory.map(({ buffers: { x, y } }) => ({ x: copy(x.data), y: copy(y.data) }));
    const [own, exact] = this.descents(loss, labels);
    return {
      rule: network.rule.label,
      usesFeedback: network.rule.usesFeedback,
      label,
      logits,
      probabilities: softmax(logits),
      prediction,
      loss: workspace.losses[0],
      dlogits,
      // The last step: asking a layer on its own begins another pass, in the same memory.
      layers: workspace.layerMemory.map(({ layer }, l) => {
        const { name, inputShape, outputShape, window } = layer;
        const { x, y } = up[l];
        return {
          name,
          inputShape,
          outputShape,
          ...(window && { window }),
          x,
          y,
          output: extent(y),
          ...this.sidesOf(layer),
          ...this.parametersOf(layer),
          ...this.slopeOf(layer, x),
          own: own[l],
          exact: exact[l],
          errorAngle: angleBetween(own[l].dx, exact[l].dx),
          gradientAngle: own[l].dw && exact[l].dw && angleBetween(own[l].dw, exact[l].dw),
        };
      }),
    };
  }

  /** The network's own way down, and backpropagation's. */
  private descents(loss: Loss, labels: ClassIndices): [own: Descent<A>[], exact: Descent<A>[]] {
    const { kernels, layout, rule } = this.network;
    const flat = kernels.alloc(layout.parameterCount);
    try {
      const gradient = gradientOf(this.network, flat);
      const own = this.descend(rule, loss, labels, gradient);
      return [own, rule === backprop ? own : this.descend(backprop, loss, labels, gradient)];
    } finally {
      kernels.free(flat);
    }
  }

  /**
   * From the loss down to the pixels by a rule, each layer's numbers copied.
   *
   * @param gradient scratch
   */
  private descend(rule: LearningRule, loss: Loss, labels: ClassIndices, gradient: Gradient<A>): Descent<A>[] {
    const { workspace } = this;
    const { watched, kept } = watching(rule, ({ what, through }) => ({
      what,
      weights: through.slice() as FloatArray as A,
    }));
    workspace.evaluateLoss(loss, labels, 1); // another way down may have left its own error there
    workspace.backward(1, { rule: watched, gradient, toPixels: true });
    const copy = copies<A>();
    const down = workspace.layerMemory.toReversed().map(({ layer, buffers }): Descent<A> => {
      const [dy, dx] = [copy(buffers.dy.data), copy(buffers.dx.data)];
      const normalization = gradient.normalizations.get(layer);
      if (normalization) {
        const [dw, db] = [normalization.scale.slice() as A, normalization.shift.slice() as A];
        return { dy, dx, error: extent(dx), dw, db, gradient: extent(dw) };
      }
      const part = gradient.parts.get(layer);
      if (!part) return { dy, dx, error: extent(dx) };
      const [dw, db, sent] = [part.dw.slice() as A, part.db.slice() as A, kept.shift()];
      return { dy, dx, error: extent(dx), dw, db, gradient: extent(dw), ...carriedBy(sent) };
    });
    return down.reverse();
  }

  private sidesOf(layer: Layer): Pick<LayerTrace<A>, 'sides'> {
    if (!isBlock(layer)) return {};
    const places = new Map(this.workspace.layerMemory.map((memory, l) => [memory.layer, l]));
    const placesOf = (side: readonly Layer[]) => side.map((each) => places.get(each) as number);
    return { sides: [placesOf(layer.layers), placesOf(layer.shortcut)] };
  }

  private parametersOf(layer: Layer): Pick<LayerTrace<A>, 'weights' | 'normalization'> {
    const { parameters, layout } = this.network;
    if (layer.weighted) {
      const { dw, db } = weightsIn(parameters.values, layout, layer);
      return { weights: { shape: layer.weightShape, weight: dw.slice() as A, bias: db.slice() as A } };
    }
    if (isBlock(layer) || !isNormalizing(layer)) return {};
    const { scale, shift, mean, variance } = normalizationIn(parameters.values, layout, layer);
    return {
      weights: { shape: [layer.channels], weight: scale.slice() as A, bias: shift.slice() as A },
      normalization: { mean: mean.slice() as A, deviation: variance.map(deviation) as A },
    };
  }

  /** What the layer lets through of an error: what it answers to an error of 1 everywhere. */
  private slopeOf(layer: Layer, x: A): Pick<LayerTrace<A>, 'slope'> {
    const alone = this.plain.get(layer);
    if (!alone) return {};
    alone.input.data.set(x);
    alone.forward(1);
    alone.dlogits.data.fill(1);
    alone.backward(1, { rule: backprop, toPixels: true });
    return { slope: alone.inputGradient.data.slice() as A };
  }
}

/** What a workspace needs of a network, but for its layers. */
function runnable<A extends FloatArray>(network: Network<A>) {
  const { rule, kernels, parameters, layout, classes } = network;
  return { rule, kernels, parameters, layout, classes };
}

function carriedBy<A extends FloatArray>(
  sent: { readonly what: Sent<A>['what']; readonly weights: A } | undefined,
): Pick<Descent<A>, 'carrier' | 'direct'> {
  if (!sent) return {};
  const { what, weights } = sent;
  return what === 'error' ? { carrier: weights } : { direct: { what, weights } };
}

/** Copies arrays, the same one only once: a layer's y is the next one's x. */
function copies<A extends FloatArray>(): (array: A) => A {
  const made = new Map<A, A>();
  return (array) => {
    const copy = made.get(array) ?? (array.slice() as A);
    made.set(array, copy);
    return copy;
  };
}
