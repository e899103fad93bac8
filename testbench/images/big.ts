/** `big`: an image with a file of 1 GiB that compresses well but does not consist of zeros. */
import type { LayerRecipe } from './layer-recipe.js'

export const bigFileBytes = 1 << 30

/** Writes 64 parts, each a numbered line, 1 MiB of a program and 15 MiB of text, and truncates the file to its size. */
const content = `
  head -c 1048576 /usr/bin/perl > ../piece
  seq -f 'line %.0f of a large and dull file' 1 420000 | head -c 15728640 >> ../piece || true
  for i in $(seq 1 64); do echo "part $i"; cat ../piece; done > data
  truncate -s ${bigFileBytes} data; rm ../piece`

export const bigLayers: readonly LayerRecipe[] = [
  { feature: 'a small base layer', script: 'mkdir etc; echo big > etc/hostname' },
  { feature: 'a file of 1 GiB', script: content },
]
