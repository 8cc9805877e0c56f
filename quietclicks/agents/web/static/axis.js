// Round numbers along a chart, and how many names there is room for.

// The smallest round number that four equal steps reach.
export function ceiling(most) {
  const step = Math.max(most, 4) / 4;
  const power = 10 ** Math.floor(Math.log10(step));
  const round = [1, 2, 2.5, 5, 10].find((each) => each * power >= step);
  return Math.ceil(round * power) * 4;
}

// Every how many points one is named.
export function every(points, width, room) {
  const least = Math.ceil(points / Math.max(1, Math.floor(width / room)));
  return [1, 2, 3, 4, 6, 7, 14, 28, 56].find((each) => each >= least) ?? least;
}
