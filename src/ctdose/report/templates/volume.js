// What is embedded: anatomy and dose of each body, unpacked in memory. Nothing is loaded.

async function unpack(text) {
  const packed = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("deflate"));
  return new Response(stream).arrayBuffer();
}

// For each voxel along an axis ([z, y, x]): the two blocks of dose it lies between, and the share of the second.
function weights(data, axis) {
  const way = 2 - axis, count = data.shape[axis], blocks = data.dose_shape[axis];
  const low = new Int32Array(count), high = new Int32Array(count), share = new Float64Array(count);
  for (let i = 0; i < count; i++) {
    const place = data.origin[way] + data.spacing[way] * i;
    const at = Math.min(Math.max((place - data.dose_origin[way]) / data.dose_spacing[way], 0), blocks - 1);
    low[i] = Math.min(Math.floor(at), Math.max(0, blocks - 2));
    high[i] = Math.min(low[i] + 1, blocks - 1);
    share[i] = at - low[i];
  }
  return { low, high, share };
}

async function openVolume(data) {
  const raw = await unpack(data.labels);
  const labels = data.bytes === 1 ? new Uint8Array(raw) : new Uint16Array(raw);
  const codes = new Uint8Array(await unpack(data.codes));
  const dose = Float64Array.from(codes, (code) => data.top * (code / 255) ** 2);
  const along = [0, 1, 2].map((axis) => weights(data, axis));
  const [, ny, nx] = data.shape, [, my, mx] = data.dose_shape;

  function label(z, y, x) {
    return labels[(z * ny + y) * nx + x];
  }

  // Absorbed dose in mGy, linear between the blocks' centres.
  function doseAt(z, y, x) {
    const [wz, wy, wx] = along;
    let total = 0;
    for (let corner = 0; corner < 8; corner++) {
      const k = corner & 4 ? wz.high[z] : wz.low[z], a = corner & 4 ? wz.share[z] : 1 - wz.share[z];
      const j = corner & 2 ? wy.high[y] : wy.low[y], b = corner & 2 ? wy.share[y] : 1 - wy.share[y];
      const i = corner & 1 ? wx.high[x] : wx.low[x], c = corner & 1 ? wx.share[x] : 1 - wx.share[x];
      if (a && b && c) total += a * b * c * dose[(k * my + j) * mx + i];
    }
    return total;
  }

  return { data, label, doseAt };
}
