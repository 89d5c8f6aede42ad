// What a page gains from scripts. Each of these finds its own elements and does nothing where there are none.
import { comparing } from "./compare.js";
import { copying } from "./copy.js";
import { flipping } from "./flip.js";
import { forms } from "./forms.js";
import { keys } from "./keys.js";
import { lineage } from "./lineage.js";
import { live } from "./live.js";
import { playground } from "./playground.js";
import { theme } from "./theme.js";

for (const begin of [theme, forms, copying, flipping, keys, live, comparing, lineage, playground]) begin();
