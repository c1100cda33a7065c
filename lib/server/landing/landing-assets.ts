/** The script of the page for people, compressed by gzip, in base64. The build makes it of `lib/page/`: see `build/page.js`. */
export const landingScript: string = '';

/** Its style, in the same way. */
export const landingStyle: string = '';
