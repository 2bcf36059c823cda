// All journeys share one product and run one after the other; each makes the groups that it changes.
import "./support/world.mjs";
import "./journeys/sign_in.mjs";
import "./journeys/timeline.mjs";
import "./journeys/sheet.mjs";
import "./journeys/no_script.mjs";
import "./journeys/bad_days.mjs";
