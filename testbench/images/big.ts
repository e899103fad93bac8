/** `big`: one layer with a file of 1 GiB that compresses well and is not a run of zeros. */
import type { LayerRecipe } from './layer-recipe.js'

export const bigFileBytes = 1 << 30

/** Repeats a numbered line, 1 MiB of a program and 15 MiB of lines 64 times, cut at the exact size. */
const content = `
  head -c 1048576 /usr/bin/perl > ../piece
  seq -f 'line %.0f of a large and dull file' 1 420000 | head -c 15728640 >> ../piece || true
  for i in $(seq 1 64); do echo "part $i"; cat ../piece; done > data
  truncate -s ${bigFileBytes} data; rm ../piece`

export const bigLayers: readonly LayerRecipe[] = [
  { shows: 'a small layer below', script: 'mkdir etc; echo big > etc/hostname' },
  { shows: 'a file of 1 GiB', script: content },
]
