/** `big`: one layer with a file of 1 GiB that compresses well and yet is no run of zeros. */
import type { LayerRecipe } from './layer-recipe.js'

export const bigFileBytes = 1 << 30

/** 64 times a numbered line, a MiB of a real program and 15 MiB of lines, cut at exactly the size. */
const content = `
  head -c 1048576 /usr/bin/perl > ../piece
  seq -f 'line %.0f of a large and dull file' 1 420000 | head -c 15728640 >> ../piece || true
  for i in $(seq 1 64); do echo "part $i"; cat ../piece; done > data
  truncate -s ${bigFileBytes} data; rm ../piece`

export const bigLayers: readonly LayerRecipe[] = [
  { shows: 'a small layer below', script: 'mkdir etc; echo big > etc/hostname' },
  { shows: 'a file of 1 GiB', script: content },
]
