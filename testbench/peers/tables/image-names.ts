/** Results of the peers' tests for names of images in layouts. */
import { type Row, type Table, agreeingTexts, refusedTexts, differingTexts, refused } from '../row.js'

const onlyImage = 'the only image'

/** All ways to name an image in `directory`. */
const inDirectory = (directory: string): [string, string][] => [
  [`oci:${directory}`, `${directory}, ${onlyImage}`],
  [`oci:${directory}:`, `${directory}, ${onlyImage}`],
  [`oci:${directory}:latestimage`, `${directory}, latestimage`],
  [`oci:${directory}:notlatest:image`, `${directory}, notlatest:image`],
  [`oci:${directory}:@0`, `${directory}, @0`],
  [`oci:${directory}:@10`, `${directory}, @10`],
  [`oci:${directory}:@999999`, `${directory}, @999999`],
]

const otherTools =
  'Any name that another tool wrote into a layout can be requested; a missing name is not found.'

const umociNames = [
  ...['a', 'latest', '42.03.19', 'v1.3.1+dev', 'aBC1958NaK284IT9Q0kX82jnMnis8201j', 'A--2.C+9@e_3'],
  ...['Aa0Bb1Cc2-Dd3Ee4Ff5.Gg6Hh7Ii8:Jj9KkLl@MmNnOo+QqRrSs--TtUuVv.WwXxYy_Zz', 'A/1--2.C+9@e_4/3'],
  ...['Aa0-Bb1/Cc2-Dd3.Ee4Ff5/Gg6Hh7Ii8:Jj/9KkLl@Mm/NnOo+QqRrS/s--TtUu/Vv.WwXxYy_Z/z', 'etc/passwd/123'],
]
const umociRefuses = [
  ...['somepath392/', 'some//test/hello', 'some/oth3r//teST', 'deadb33fc4f3+123888+', 'anot++her'],
  ...['dead-.meme/cafe', '/a/b/c123', '--21js8CAS', '.AZ94n18s', '@2318s88', ':29a.158/2131--91ab'],
]

const umoci: Row[] = [
  ...agreeingTexts(
    'umoci',
    umociNames.map((name) => [`oci:dir:${name}`, `dir, ${name}`] as const),
  ),
  ...differingTexts('umoci', [
    [
      'oci:dir:',
      refused,
      `dir, ${onlyImage}`,
      'umoci needs a name; container-libs takes the only image of the layout.',
    ],
    ...umociRefuses.map((name) => [`oci:dir:${name}`, refused, `dir, ${name}`, otherTools] as const),
  ]),
]

const regclient: Row[] = [
  ...refusedTexts('regclient', ['ocifile://path/to/file.tgz@sha256:ZZ']),
  ...differingTexts(
    'regclient',
    [
      ['ocidir://path/to/dir', 'path/to/dir, the only image'],
      ['ocidir://path/to/DIR:v1.2.3', 'path/to/DIR, v1.2.3'],
      ['ocifile://path/to/file.tgz', 'path/to/file.tgz, the only image'],
    ].map(
      ([input = '', theirs = '']) =>
        [
          input,
          theirs,
          refused,
          'A layout is named oci:DIR, as skopeo, podman and umoci do; archives are not read.',
        ] as const,
    ),
  ),
]

export const imageNames: Table = {
  title: 'Images in layouts',
  about: 'The input is what a user types; the meaning is a directory and which image in it.',
  rows: [
    ...agreeingTexts(
      'container-libs',
      ['/', '/etc', '/tmp/layout', 'relativepath', '/tmp/layout/thisdoesnotexist'].flatMap(inDirectory),
    ),
    ...differingTexts('container-libs', [
      ["oci:/tmp/layout:invalid'image!value@", refused, "/tmp/layout, invalid'image!value@", otherTools],
      ['oci:/tmp/layout:@-3', refused, '/tmp/layout, @-3', otherTools],
    ]),
    ...umoci,
    ...regclient,
  ],
}
