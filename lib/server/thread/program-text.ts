/** The program of the metrics thread, self-contained. The build puts it here: see `build/bundle.js`. */
export const programText: string = '';
