/** Default maximum number of bytes of interrupted downloads to keep. */
export const defaultKeepPartials = 1024 ** 3
