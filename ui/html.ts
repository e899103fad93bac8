/** Binds htm to Preact: `html` makes virtual nodes from a tagged template. Text in them is never parsed as markup. */
import htm from 'htm'
import { Component, type ComponentChildren, type FunctionComponent, type VNode, h } from 'preact'

/** Makes a virtual node from a template. */
export const html = htm.bind(h) as unknown as (
  strings: TemplateStringsArray,
  ...values: readonly unknown[]
) => VNode

/** Returns a component that is drawn again only if one of its properties is another value than before. */
export function memo<Props extends object>(draw: FunctionComponent<Props>): FunctionComponent<Props> {
  class Memo extends Component<Props> {
    override shouldComponentUpdate(next: Readonly<Props>): boolean {
      const before = this.props as Record<string, unknown>
      const after = next as Record<string, unknown>
      const keys = Object.keys(after)
      return keys.length !== Object.keys(before).length || keys.some((key) => before[key] !== after[key])
    }
    override render(): ComponentChildren {
      return h(draw, this.props as Props)
    }
  }
  return Memo as unknown as FunctionComponent<Props>
}

/** Properties of `Still`. */
export interface StillProps {
  /** Everything that the child depends on, as text. */
  readonly signature: string
  readonly draw: () => VNode
}

/** Draws its child again only if `signature` has changed. */
export class Still extends Component<StillProps> {
  override shouldComponentUpdate({ signature }: StillProps): boolean {
    return signature !== this.props.signature
  }

  override render({ draw }: StillProps): VNode {
    return draw()
  }
}
