/** Defines the five images with which pulls are measured, by the recipes of their layers. */
import { copyPackages, type LayerRecipe } from '../../testbench/images/layer-recipe.js'

export interface ImageRecipe {
  readonly name: string
  readonly feature: string
  readonly layers: readonly LayerRecipe[]
}

/** Files of 0.2 to 5 KiB of text that compresses like source code, 64 per directory. */
const smallFiles = (layer: number, count: number): string => `
  perl -e '
    srand(${layer}); my @words = map { my $w = ""; $w .= chr(97 + rand 26) for 1 .. 2 + rand 9; $w } 1 .. 4000;
    for my $n (0 .. ${count} - 1) {
      my $d = sprintf("srv/${layer}/%03d", $n / 64); if ($n % 64 == 0) { mkdir "srv"; mkdir "srv/${layer}"; mkdir $d }
      open my $f, ">", sprintf("%s/%02d.txt", $d, $n % 64) or die;
      my $length = 200 + int rand(rand 9600); my $t = "";
      $t .= $words[rand @words] . (rand 12 < 1 ? "\\n" : " ") while length $t < $length;
      print $f $t; close $f
    }'
  find . -exec touch -h -d @1700000000 {} +`

/** Every eighth installed package, up to a total size of `mebibytes`. */
const packages = (slice: number, mebibytes: number): string =>
  copyPackages(
    `$(dpkg-query -W -f='\${Package}:\${Architecture} \${Installed-Size} \${Priority}\\n'` +
      ` | grep -v ' required$' | awk '$2 < 30000 && NR % 8 == ${slice} && (sum += $2) < ${mebibytes} * 1024 { print $1 }')`,
  )

const required = copyPackages(
  `$(dpkg-query -W -f='\${Package}:\${Architecture} \${Priority}\\n' | awk '$2 == "required" { print $1 }')`,
)

/** The programs of the machine concatenated and cut into files of 100 MB. */
const programs = `
  mkdir -p opt; i=0; (while [ $i -lt 40 ]; do find /usr/bin /usr/lib/x86_64-linux-gnu -maxdepth 1 -type f -size +200k 2>/dev/null |
    LC_ALL=C sort | xargs cat 2>/dev/null; i=$((i+1)); done || true) | head -c 800000000 | split -b 100000000 -d - opt/part- || true
  find . -exec touch -h -d @1700000000 {} +`

const range = (length: number): number[] => Array.from({ length }, (_, index) => index)

export const imageRecipes: readonly ImageRecipe[] = [
  {
    name: 'files',
    feature: '36,000 small files in 4 layers',
    layers: range(4).map((n) => ({ feature: `part ${n + 1}`, script: smallFiles(n, 9000), format: 'gnu' })),
  },
  {
    name: 'distribution',
    feature: 'a distribution with packages, 8 layers',
    layers: [
      { feature: 'the distribution', script: required },
      ...range(7).map((n) => ({ feature: `packages ${n + 1}`, script: packages(n + 1, 45) })),
    ],
  },
  { name: 'big', feature: 'one layer of 800 MB', layers: [{ feature: 'programs', script: programs }] },
  {
    name: 'layers',
    feature: '60 small layers',
    layers: range(60).map((n) => ({
      feature: `layer ${n + 1}`,
      script:
        `${smallFiles(n, 40)}; find /usr/bin /usr/lib/x86_64-linux-gnu -maxdepth 1 -type f -size -900k -size +20k | LC_ALL=C sort |` +
        ` awk 'NR % 60 == ${n}' | head -n 12 | xargs -I{} cp {} srv/; find . -exec touch -h -d @1700000000 {} +`,
    })),
  },
  {
    name: 'small',
    feature: 'a small one',
    layers: [
      { feature: 'a shell and what it needs', script: copyPackages('base-files libc6 dash sed grep gzip') },
    ],
  },
]
