"use strict";
// Filters, sorts and unfolds the table of findings. The page is complete without it; nothing here makes HTML from text.
document.documentElement.classList.add("js");

document.addEventListener("DOMContentLoaded", () => {
  theme();
  const form = document.getElementById("filter");
  const list = document.getElementById("list");
  if (!form || !list) return;
  const rows = Array.from(list.tBodies, (body) => read(body));
  const order = { column: "severity", down: false };
  const state = { form, list, rows, order };

  rows.forEach((row) => foldable(row));
  for (const head of list.tHead.rows[0].cells) sortable(head, state);
  for (const toggle of form.querySelectorAll(".toggle")) {
    toggle.disabled = !rows.some((row) => row.severity === toggle.dataset.severity);
    toggle.addEventListener("click", () => {
      press(toggle, toggle.getAttribute("aria-pressed") !== "true");
      changed(state);
    });
  }
  let pending = 0;
  form.addEventListener("input", () => {
    clearTimeout(pending);
    pending = setTimeout(() => changed(state), 50);
  });
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("reset", () => {
    for (const toggle of form.querySelectorAll(".toggle")) press(toggle, false);
    // The fields are emptied after this event.
    setTimeout(() => changed(state), 0);
  });
  window.addEventListener("hashchange", () => {
    restore(state);
    document.getElementById("findings").scrollIntoView();
  });
  form.hidden = false;
  restore(state);
});

function theme() {
  const root = document.documentElement;
  const button = document.getElementById("theme");
  const dark = () =>
    root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  const show = () => {
    button.textContent = dark() ? "Light theme" : "Dark theme";
  };
  button.hidden = false;
  button.addEventListener("click", () => {
    root.dataset.theme = dark() ? "light" : "dark";
    show();
  });
  show();
}

function read(body) {
  const cell = (name) => body.rows[0].querySelector("." + name).textContent;
  return {
    body,
    severity: body.dataset.severity,
    rank: Number(body.dataset.rank),
    rule: cell("rule"),
    where: cell("where"),
    message: cell("message"),
    text: "",
  };
}

function foldable(row) {
  const [line, more] = row.body.rows;
  const button = document.createElement("button");
  button.type = "button";
  button.className = "fold";
  button.setAttribute("aria-label", "Details");
  button.setAttribute("aria-expanded", "false");
  button.setAttribute("aria-controls", more.id);
  line.cells[0].prepend(button);
  line.addEventListener("click", () => {
    if (String(getSelection())) return;
    unfold(row, !row.body.classList.contains("unfolded"));
  });
}

function unfold(row, open) {
  row.body.classList.toggle("unfolded", open);
  row.body.querySelector(".fold").setAttribute("aria-expanded", String(open));
}

function sortable(head, state) {
  const button = document.createElement("button");
  button.type = "button";
  button.textContent = head.textContent;
  head.replaceChildren(button);
  button.addEventListener("click", () => {
    const column = head.dataset.sort;
    state.order.down = state.order.column === column && !state.order.down;
    state.order.column = column;
    sort(state);
    save(state);
  });
}

const fields = ["rule", "folder", "path", "text"];
const words = new Intl.Collator("en", { numeric: true });

function sort({ list, rows, order }) {
  const compare = (left, right) =>
    order.column === "severity" ? left.rank - right.rank : words.compare(left[order.column], right[order.column]);
  const turn = order.down ? -1 : 1;
  const sorted = rows.slice().sort(
    (left, right) => turn * compare(left, right) || left.rank - right.rank || words.compare(left.where, right.where),
  );
  const all = document.createDocumentFragment();
  for (const row of sorted) all.append(row.body);
  list.append(all);
  for (const head of list.tHead.rows[0].cells) {
    if (head.dataset.sort !== order.column) head.removeAttribute("aria-sort");
    else head.setAttribute("aria-sort", order.down ? "descending" : "ascending");
  }
}

function press(toggle, on) {
  toggle.setAttribute("aria-pressed", String(on));
}

function wanted(form) {
  const pressed = form.querySelectorAll('.toggle[aria-pressed="true"]');
  const field = (name) => form.elements[name].value;
  return {
    severity: Array.from(pressed, (toggle) => toggle.dataset.severity),
    rule: field("rule"),
    folder: field("folder"),
    path: field("path").trim().toLowerCase(),
    text: field("text").trim().toLowerCase(),
  };
}

function matches(row, want) {
  if (want.severity.length && !want.severity.includes(row.severity)) return false;
  if (want.rule && row.rule !== want.rule) return false;
  if (want.folder && row.where !== want.folder && !row.where.startsWith(want.folder + "/")) return false;
  if (want.path && !row.where.toLowerCase().includes(want.path)) return false;
  if (!want.text) return true;
  row.text ||= row.body.textContent.toLowerCase();
  return row.text.includes(want.text);
}

function apply({ form, rows }) {
  const want = wanted(form);
  let found = 0;
  for (const row of rows) {
    const hit = matches(row, want);
    if (row.body.hidden === hit) row.body.hidden = !hit;
    if (hit) found += 1;
  }
  const number = (value) => value.toLocaleString("en");
  const shown = document.getElementById("shown");
  const all = Number(shown.dataset.all);
  const rest = all > rows.length ? ` on this page, ${number(all)} in all` : "";
  shown.textContent = `Showing ${number(found)} of ${number(rows.length)}${rest}`;
  document.getElementById("none").hidden = found > 0;
}

function changed(state) {
  apply(state);
  save(state);
}

function save({ form, order }) {
  const want = wanted(form);
  const kept = new URLSearchParams();
  if (want.severity.length) kept.set("severity", want.severity.join(","));
  for (const name of fields) if (form.elements[name].value) kept.set(name, form.elements[name].value);
  if (order.column !== "severity" || order.down) kept.set("sort", (order.down ? "-" : "") + order.column);
  const hash = kept.toString().replaceAll("%2C", ",").replaceAll("%2F", "/");
  history.replaceState(null, "", hash ? "#" + hash : location.pathname + location.search);
}

function restore(state) {
  const { form, rows, order } = state;
  const hash = location.hash.slice(1);
  const linked = rows.find((row) => row.body.id === hash);
  if (linked) unfold(linked, true);
  const kept = new URLSearchParams(hash);
  const severities = (kept.get("severity") || "").split(",");
  for (const toggle of form.querySelectorAll(".toggle")) press(toggle, severities.includes(toggle.dataset.severity));
  for (const name of fields) form.elements[name].value = kept.get(name) || "";
  // A select takes only what it offers: a rule it does not list would silently show everything.
  for (const name of ["rule", "folder"]) offer(form.elements[name], kept.get(name) || "");
  const chosen = (kept.get("sort") || "severity").split("-");
  order.column = ["severity", "rule", "where", "message"].includes(chosen.at(-1)) ? chosen.at(-1) : "severity";
  order.down = chosen.length > 1;
  sort(state);
  apply(state);
}

function offer(select, value) {
  if (select.value === value) return;
  const option = document.createElement("option");
  option.value = option.textContent = value;
  select.append(option);
  select.value = value;
}
