/** What a destination's text is made from. */
export interface TextInput {
  /** The caption, already passed through the rule's template. */
  caption: string;
  /** An own title, where the rule's title template gave one. */
  title?: string;
  /** Address of the source video. */
  url: string;
  /** Options of the rule that touch the text (for example `links: keep`). */
  options: Readonly<Record<string, unknown>>;
  /** Facts of the account that change limits (subscription, server limits). */
  accountSettings: Readonly<Record<string, unknown>>;
}

/** The text as it will be sent, inside the platform's limits. */
export interface FittedText {
  /** The main text: description, caption, status. */
  body: string;
  /** Where the platform has titles. */
  title?: string;
  /** Where the platform has tags of their own. */
  tags?: readonly string[];
  /** Length as the platform counts it, with its limit: for previews. */
  count: { used: number; max: number; unit: string };
  /** What was changed, for people: `cut at 280`, `2 links defused`. */
  notes: readonly string[];
}
