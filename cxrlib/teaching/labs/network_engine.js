// The forward pass of a pooled CNN, as Keras computes it: float32 numbers, sums in float64.

function decodeFloats(packed) {
  const text = atob(packed);
  return new Float32Array(Uint8Array.from(text, (letter) => letter.charCodeAt(0)).buffer);
}

function buildNetwork({ rows, columns, preprocess, layers: packed, head, outliers }) {
  const layers = packed.map((one) => ({
    ...one,
    kernel: decodeFloats(one.kernel),
    bias: decodeFloats(one.bias),
  }));
  const weights = decodeFloats(head.weights);
  const measure = outliers ? buildDetector(outliers, rows, columns) : () => ({});

  function preprocessed(values) {
    let { scale, offset } = preprocess;
    if (preprocess.samplewise) {
      const mean = total(values) / values.length;
      const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
      scale = 1 / Math.sqrt(variance + preprocess.epsilon);
      offset = -mean * scale;
    }
    return Float32Array.from(values, (value) => value * scale + offset);
  }

  // One row of zeros or one number around each map: what padding "same" adds to a 3 × 3 kernel.
  function padded({ rows: tall, columns: wide, maps }) {
    const [size, stride] = [tall * wide, wide + 2];
    const all = new Float32Array((maps.length / size) * (tall + 2) * stride);
    for (let map = 0, from = 0, to = 0; from < maps.length; map++) {
      to = map * (tall + 2) * stride + stride + 1;
      for (let row = 0; row < tall; row++, from += wide, to += stride)
        all.set(maps.subarray(from, from + wide), to);
    }
    return all;
  }

  // Convolution 3 × 3 with stride 1 and padding "same", then ReLU. Two results at a time, since
  // reading the numbers under the kernel takes longer than multiplying them.
  function convolve(input, { inside, outside, kernel, bias }) {
    const { rows: tall, columns: wide } = input;
    const [size, stride] = [tall * wide, wide + 2];
    const source = padded(input);
    const maps = new Float32Array(outside * size);
    const [one, two] = [new Float64Array(size), new Float64Array(size)];
    for (let out = 0; out < outside; out += 2) {
      const pair = out + 1 < outside;
      one.fill(bias[out]);
      two.fill(pair ? bias[out + 1] : 0);
      for (let channel = 0; channel < inside; channel++) {
        const k = 9 * (out * inside + channel);
        const l = pair ? k + 9 * inside : k;
        const [a0, a1, a2, a3, a4, a5, a6, a7, a8] = kernel.subarray(k, k + 9);
        const [b0, b1, b2, b3, b4, b5, b6, b7, b8] = kernel.subarray(l, l + 9);
        for (let row = 0, to = 0; row < tall; row++) {
          let top = (channel * (tall + 2) + row) * stride;
          let [middle, low] = [top + stride, top + 2 * stride];
          let [p0, p1, q0, q1] = [source[top], source[top + 1], source[middle], source[middle + 1]];
          let [r0, r1] = [source[low], source[low + 1]];
          for (let column = 0; column < wide; column++, to++, top++, middle++, low++) {
            const p2 = source[top + 2];
            const q2 = source[middle + 2];
            const r2 = source[low + 2];
            one[to] +=
              a0 * p0 + a1 * p1 + a2 * p2 + a3 * q0 + a4 * q1 + a5 * q2 + a6 * r0 + a7 * r1 + a8 * r2;
            two[to] +=
              b0 * p0 + b1 * p1 + b2 * p2 + b3 * q0 + b4 * q1 + b5 * q2 + b6 * r0 + b7 * r1 + b8 * r2;
            p0 = p1;
            p1 = p2;
            q0 = q1;
            q1 = q2;
            r0 = r1;
            r1 = r2;
          }
        }
      }
      const keep = (sums, from) => {
        for (let i = 0; i < size; i++) maps[from + i] = sums[i] > 0 ? sums[i] : 0;
      };
      keep(one, out * size);
      if (pair) keep(two, (out + 1) * size);
    }
    return { rows: tall, columns: wide, count: outside, maps };
  }

  // Max pooling 2 × 2; an odd row or column at the end is left out, as in Keras.
  function pool({ rows: tall, columns: wide, count, maps }) {
    const [half, narrow] = [tall >> 1, wide >> 1];
    const kept = new Float32Array(count * half * narrow);
    for (let map = 0, to = 0; map < count; map++)
      for (let row = 0; row < half; row++)
        for (let column = 0; column < narrow; column++, to++) {
          const at = (map * tall + 2 * row) * wide + 2 * column;
          kept[to] = Math.max(maps[at], maps[at + 1], maps[at + wide], maps[at + wide + 1]);
        }
    return { rows: half, columns: narrow, count, maps: kept };
  }

  const mapOf = ({ rows: tall, columns: wide, maps }, which) =>
    maps.subarray(which * tall * wide, (which + 1) * tall * wide);

  // What each place of some of the last maps gives to the logit: their mean over the places, plus
  // the bias, is the logit itself.
  function activationMap(last, which) {
    const places = new Float64Array(last.rows * last.columns);
    for (const one of which)
      mapOf(last, one).forEach((value, i) => (places[i] += weights[one] * value));
    return places;
  }

  return function run(values) {
    const seen = [];
    let now = { rows, columns, count: 1, maps: preprocessed(values) };
    layers.forEach((layer, i) => {
      if (i > 0) now = pool(now);
      now = convolve(now, layer);
      seen.push(now);
    });
    const meansOf = (layer) => {
      const size = layer.rows * layer.columns;
      return Array.from({ length: layer.count }, (_, i) => total(mapOf(layer, i)) / size);
    };
    const means = meansOf(now);
    const parts = means.map((mean, i) => mean * weights[i]);
    const logit = total(parts) + head.bias;
    const every = means.map((_, i) => i);
    return {
      layers: seen,
      means,
      weights,
      parts,
      bias: head.bias,
      logit,
      score: 1 / (1 + Math.exp(-logit)),
      ...measure(values, () => seen.flatMap(meansOf)),
      map: (which) => activationMap(now, which === null ? every : [which]),
    };
  };
}

// How far a picture lies from those of training: Mahalanobis's distance with the covariance of
// probabilistic PCA, of a small copy of the picture and the means of all maps. And the log odds
// that it is turned or mirrored, from the small copy alone.
function buildDetector({ tiles, noise, ...arrays }, rows, columns) {
  const names = ["mean", "scale", "components", "variances", "turn_weights"];
  const [mean, scale, components, variances, turns] = names.map((name) => decodeFloats(arrays[name]));
  const count = mean.length;

  function smallCopy(values) {
    const small = new Float64Array(tiles * tiles);
    const [tall, wide] = [rows / tiles, columns / tiles];
    values.forEach((grey, i) => {
      const tile = Math.floor(Math.floor(i / columns) / tall) * tiles + Math.floor((i % columns) / wide);
      small[tile] += grey / (tall * wide);
    });
    const middle = total(small) / small.length;
    const spread = Math.sqrt(total(small.map((one) => (one - middle) ** 2)) / small.length);
    return small.map((one) => (one - middle) / (spread + 1e-3));
  }

  function turnScore(small) {
    const ways = turns.length / (small.length + 1);
    const odds = Array.from({ length: ways }, (_, way) =>
      [...small, 1].reduce((sum, value, i) => sum + value * turns[i * ways + way], 0),
    );
    const highest = Math.max(...odds);
    return highest + Math.log(total(odds.map((one) => Math.exp(one - highest))));
  }

  return (values, meansOfAll) => {
    const small = smallCopy(values);
    const described = [...small, ...meansOfAll()];
    const x = described.map((value, i) => (value - mean[i]) / scale[i]);
    let [rest, squares] = [total(x.map((one) => one * one)), 0];
    variances.forEach((variance, k) => {
      const along = x.reduce((sum, value, i) => sum + value * components[k * count + i], 0);
      rest -= along * along;
      squares += (along * along) / variance;
    });
    return { distance: (squares + rest / noise) / count, turnScore: turnScore(small) };
  };
}
