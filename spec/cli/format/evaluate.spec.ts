import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { compileTemplate } from '../../../cli/format/evaluate.js'
import type { ValueMap } from '../../../cli/format/show.js'
import { WindlassError } from '../../../lib/errors.js'

const image: ValueMap = {
  Name: 'docker.io/library/alpine',
  Digest: 'sha256:abc',
  Labels: { b: 'two', a: 'one' },
  Layers: ['sha256:1', 'sha256:2'],
  LayersData: [
    { Digest: 'sha256:1', Size: 10 },
    { Digest: 'sha256:2', Size: 3000 },
  ],
  Env: null,
  Size: 3010,
  Config: { Cmd: ['/bin/sh'] },
}

const apply = (template: string, data: ValueMap = image): string => compileTemplate(template).apply(data)

describe('templates', () => {
  // The results are those of Go's text/template.
  it.each([
    ['plain text', 'plain text'],
    ['{{.Digest}}', 'sha256:abc'],
    ['{{ .Digest }} {{json .Labels}}', 'sha256:abc {"b":"two","a":"one"}'],
    ['{{.Labels}} {{.Layers}}', 'map[a:one b:two] [sha256:1 sha256:2]'],
    ['{{.Labels.a}} {{.Labels.missing}}', 'one <no value>'],
    ['{{index .Labels "a"}} {{index .Layers 1}} {{index .LayersData 1 "Size"}}', 'one sha256:2 3000'],
    ['{{range .Layers}}{{.}};{{end}}', 'sha256:1;sha256:2;'],
    ['{{range $k, $v := .Labels}}{{$k}}={{$v}} {{end}}', 'a=one b=two '],
    ['{{range $i, $l := .Layers}}{{$i}}:{{$l}} {{end}}', '0:sha256:1 1:sha256:2 '],
    ['{{range $l := .LayersData}}{{$l.Size}} {{end}}', '10 3000 '],
    ['{{range .Env}}x{{else}}none{{end}}', 'none'],
    ['{{range .LayersData}}{{if gt .Size 100}}{{.Digest}}{{end}}{{end}}', 'sha256:2'],
    ['{{range .Layers}}{{$.Name}} {{end}}', 'docker.io/library/alpine docker.io/library/alpine '],
    ['{{if .Env}}a{{else if eq .Size 3010}}b{{else}}c{{end}}', 'b'],
    ['{{with .Config}}{{join .Cmd " "}}{{else}}none{{end}}', '/bin/sh'],
    ['{{.Config.Cmd | json}}', '["/bin/sh"]'],
    ['{{len .Layers}} {{len .Labels}} {{.Name | len}}', '2 2 24'],
    ['{{upper "a"}}{{lower `B`}} {{join (split .Name "/") "-"}}', 'Ab docker.io-library-alpine'],
    ['{{printf "%s has %d bytes, %q" .Digest .Size "x"}}', 'sha256:abc has 3010 bytes, "x"'],
    ['{{$n := len .Layers}}{{$n}}{{println "" $n}}', '2 2\n'],
    [
      '{{and .Size .Env}} {{or .Env "x"}} {{not .Env}} {{ne 1 2}} {{lt "a" "b"}}',
      '<no value> x true true true',
    ],
    ['a  {{- /* comment */ -}}  b {{- .Size -}} c', 'ab3010c'],
    ['{{"}}"}}', '}}'],
  ])('%s', (template, text) => {
    expect(apply(template)).toBe(text)
  })

  it.each([
    ['{{.Digets}}', 'at character 3, before ".Digets}}": there is no field Digets; there are Name, Digest'],
    ['x{{.Digest', 'at character 2, before "{{.Digest": the action is not closed by }}'],
    ['{{}}', 'at character 1, before "{{}}": the action is empty'],
    ['{{if .Size}}a', 'at character 1, before "{{if .Size}}a": the block is not closed by {{end}}'],
    ['a{{end}}', 'at character 2, before "{{end}}": there is no block to end here'],
    ['{{foo .Size}}', 'at character 3, before "foo .Size}}": there is no function foo'],
    ['{{.Size .Size}}', 'at character 9, before ".Size}}": only a function takes arguments'],
    ['{{.Size | .Size}}', 'at character 11, before ".Size}}": after |, a function is expected'],
    ['{{$x}}', 'at character 3, before "$x}}": the variable $x is not defined'],
    ['{{range .Size}}{{end}}', 'at character 9, before ".Size}}{{end}}": only a list or a map'],
    ['{{json}}', 'at character 3, before "json}}": json takes 1 arguments, not 0'],
    ['{{index .Layers 9}}', 'index: the list has 2 elements and no element 9'],
    ['{{(.Size}}', 'at character 9, before "}}": the parenthesis is not closed'],
    ['{{.Size | }}', 'a value is missing here'],
    ['{{.Name.x}}', 'docker.io/library/alpine has no field x'],
    ['{{printf "%x" 1}}', 'printf: %x is not supported'],
    ['{{ # }}', 'at character 4, before "# }}": this is not expected in an action'],
    ['{{if true}}'.repeat(60), 'nested more than 50 levels deep'],
  ])('%s is refused with its position', (template, problem) => {
    expect(() => apply(template)).toThrow(problem)
  })

  it('limits what nested ranges print', () => {
    const data = { L: Array.from({ length: 1_000 }, (_, at) => at) }
    const nested = (body: string): string =>
      `{{range $.L}}{{range $.L}}{{range $.L}}${body}{{end}}{{end}}{{end}}`
    expect(() => apply(nested('x'.repeat(1_000)), data)).toThrow('the output is too long')
    expect(() => apply(nested('{{""}}'), data)).toThrow('its ranges are too long')
  })

  it('prints text without actions unchanged, and any template or a USAGE error', () => {
    fc.assert(
      fc.property(
        fc.string().filter((text) => !text.includes('{{')),
        (text) => apply(text) === text,
      ),
    )
    const piece = fc.constantFrom(
      ...[
        '{{',
        '}}',
        '{{-',
        ' -}}',
        '.',
        '.Labels',
        '$x',
        ':=',
        'range',
        'if',
        'else',
        'end',
        'json',
        'index',
      ],
      ...[
        '"a"',
        '`',
        '(',
        ')',
        '|',
        ',',
        ' ',
        '1',
        'x',
        '/*',
        '*/',
        '{{end}}',
        '{{range .Layers}}',
        '{{.}}',
        '\n',
      ],
    )
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 20 }), (pieces) => {
        try {
          apply(pieces.join(''))
        } catch (error) {
          expect(error).toBeInstanceOf(WindlassError)
          expect(error).toMatchObject({ code: 'USAGE' })
        }
      }),
      { numRuns: 2_000 },
    )
  })

  it('prints any JSON value by json as JSON.stringify does', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(apply('{{json .V}}', { V: value as never })).toBe(JSON.stringify(value))
      }),
    )
  })
})
