/** Keeps secrets out of sight: what is masked is not in the page at all, until the person asks. */
import { type EditorState, type Extension, StateEffect, StateField } from '@codemirror/state';
import { Decoration, type DecorationSet, EditorView, WidgetType } from '@codemirror/view';
import { DOTS, secretRanges } from './conf-text.ts';

export const showSecrets = StateEffect.define<boolean>();

class Mask extends WidgetType {
  readonly #label: string;

  constructor(label: string) {
    super();
    this.#label = label;
  }

  override toDOM(): HTMLElement {
    const mask = document.createElement('span');
    mask.className = 'cm-secret';
    mask.setAttribute('role', 'img');
    mask.setAttribute('aria-label', this.#label);
    mask.textContent = DOTS;
    return mask;
  }

  override eq(): boolean {
    return true;
  }
}

interface Masked {
  readonly areShown: boolean;
  readonly decorations: DecorationSet;
}

/** @param label what a screen reader says in a secret's place */
export function maskedSecrets(label: string, areShownAtFirst: boolean): Extension {
  const mask = Decoration.replace({ widget: new Mask(label) });
  const masked = (state: EditorState, areShown: boolean): Masked => ({
    areShown,
    decorations: areShown
      ? Decoration.none
      : Decoration.set(secretRanges(state.doc.toString()).map(({ from, to }) => mask.range(from, to))),
  });
  const field = StateField.define<Masked>({
    create: (state) => masked(state, areShownAtFirst),
    update(value, { docChanged, effects, state }) {
      const asked = effects.find((effect) => effect.is(showSecrets));
      if (asked !== undefined) return masked(state, asked.value);
      return docChanged ? masked(state, value.areShown) : value;
    },
    provide: (self) => [
      EditorView.decorations.from(self, ({ decorations }) => decorations),
      EditorView.atomicRanges.of((view) => view.state.field(self).decorations),
    ],
  });
  return field;
}
