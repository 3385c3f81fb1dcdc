// Draws one plane of a volume on a canvas: dose in colours on the anatomy in grey, as ctdose/report/still.py does.

const PLANES = {
  coronal: { axis: 1, across: 2, down: 0, upward: true },
  sagittal: { axis: 2, across: 1, down: 0, upward: true },
  transverse: { axis: 0, across: 2, down: 1, upward: false },
};

function colourTable(hex) {
  const values = new Uint8Array(hex.length / 2);
  for (let i = 0; i < values.length; i++) values[i] = parseInt(hex.slice(2 * i, 2 * i + 2), 16);
  return values;
}

// The voxel [z, y, x] at a column and row of a plane's picture.
function voxelAt(volume, kind, index, column, row) {
  const plane = PLANES[kind], place = [0, 0, 0];
  place[plane.axis] = index;
  place[plane.across] = column;
  place[plane.down] = plane.upward ? volume.data.shape[plane.down] - 1 - row : row;
  return place;
}

function drawPlane(canvas, volume, kind, index, scale, withDose) {
  const plane = PLANES[kind], { greys, solid, shape } = volume.data;
  const width = shape[plane.across], height = shape[plane.down];
  canvas.width = width;
  canvas.height = height;
  const picture = new ImageData(width, height), pixels = picture.data;
  for (let row = 0; row < height; row++) {
    for (let column = 0; column < width; column++) {
      const [z, y, x] = voxelAt(volume, kind, index, column, row);
      const label = volume.label(z, y, x), grey = greys[label], at = 4 * (row * width + column);
      const dose = withDose && solid[label] ? volume.doseAt(z, y, x) : 0;
      const cover = scale.opacity * Math.min(1, dose / (scale.faint * scale.end_mgy));
      const level = 3 * Math.min(255, Math.floor((255 * dose) / scale.end_mgy + 0.5));
      for (let channel = 0; channel < 3; channel++) {
        pixels[at + channel] = Math.floor(grey + cover * (scale.table[level + channel] - grey) + 0.5);
      }
      pixels[at + 3] = 255;
    }
  }
  canvas.getContext("2d").putImageData(picture, 0, 0);
}

// Where the two other planes cut this one, in mm of its picture from the upper left corner.
function crossing(volume, kind, places) {
  const plane = PLANES[kind], { shape, spacing } = volume.data;
  const down = plane.upward ? shape[plane.down] - 1 - places[plane.down] : places[plane.down];
  return [(places[plane.across] + 0.5) * spacing[2 - plane.across], (down + 0.5) * spacing[2 - plane.down]];
}
