// The words of the screen in the language in use. There is one so far; the next is chosen here.
import { en } from "./words/en.js";

export const words = en;
