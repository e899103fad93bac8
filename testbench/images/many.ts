/** `many`: thousands of small files of installed packages in eight layers, in the three tar formats. */
import type { LayerRecipe } from './layer-recipe.js'

const layerCount = 8
const formats = ['pax', 'gnu', 'ustar'] as const

/** Distributes files of the documentation, perl and python over the layers by a checksum of their names. */
const slice = (index: number): string =>
  `(cd / && find usr/share/doc usr/share/perl usr/lib/python3* -type f -size -64k 2>/dev/null || true) | LC_ALL=C sort |` +
  ` awk 'NR <= 6400 && NR % ${layerCount} == ${index}' | tar -C / --no-recursion -T - -cf - | tar -xpf -`

export const manyLayers: readonly LayerRecipe[] = Array.from({ length: layerCount }, (_, index) => ({
  shows: `slice ${index + 1} of ${layerCount}`,
  script: slice(index),
  format: formats[index % formats.length] ?? 'pax',
}))
