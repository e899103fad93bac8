/** `many`: 6,400 small files of installed packages in eight layers, whose archives have three formats. */
import type { LayerRecipe } from './layer-recipe.js'

const layerCount = 8
const formats = ['pax', 'gnu', 'ustar'] as const

/** Returns a script that copies every eighth file, starting at `index`, of documentation, Perl and Python. */
const sliceScript = (index: number): string =>
  `(cd / && find usr/share/doc usr/share/perl usr/lib/python3* -type f -size -64k 2>/dev/null || true) | LC_ALL=C sort |` +
  ` awk 'NR <= 6400 && NR % ${layerCount} == ${index}' | tar -C / --no-recursion -T - -cf - | tar -xpf -`

export const manyLayers: readonly LayerRecipe[] = Array.from({ length: layerCount }, (_, index) => ({
  feature: `slice ${index + 1} of ${layerCount}`,
  script: sliceScript(index),
  format: formats[index % formats.length] ?? 'pax',
}))
