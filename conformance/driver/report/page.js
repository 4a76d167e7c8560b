/* SPDX-License-Identifier: BSD-2-Clause-Patent
 * Filters, links to rows, and details in place. Text is moved as nodes, never parsed as HTML. */
(() => {
  "use strict";

  const form = document.getElementById("filters");
  const names = ["q", "area", "level", "outcome", "on"];
  const FAILED = "fu"; // an unexpected pass counts as failed

  const views = [...document.querySelectorAll("[data-view]")].map((root) => ({
    shown: document.getElementById(root.dataset.view + "-shown"),
    groups: root.tagName === "TABLE" ? [...root.tBodies].map(readGroup) : [readArticles(root)],
  }));

  function readGroup(body) {
    const [head, ...rows] = body.rows;
    return {
      body,
      head,
      rows: rows.map((row) => ({
        element: row,
        area: body.dataset.area,
        levels: row.dataset.level.split(" "),
        states: [...row.cells].slice(1).map((cell) => cell.className),
      })),
    };
  }

  function readArticles(root) {
    const rows = [...root.children].map((article) => ({
      element: article, area: article.dataset.area, levels: [], states: [],
    }));
    return { body: null, rows };
  }

  function words(row) {
    row.text ??= (row.element.id + " " + row.element.textContent).toLowerCase();
    return row.text;
  }

  function hasOutcome(row, outcome, on) {
    if (outcome === "differ") {
      return new Set(row.states).size > 1;
    }
    const states = on === "" ? row.states : [row.states[Number(on)]];
    return states.some((state) => state === outcome || (outcome === "f" && FAILED.includes(state)));
  }

  function fits(row, filter, terms) {
    return (filter.area === "" || row.area === filter.area)
      && (filter.level === "" || row.levels.includes(filter.level))
      && (filter.outcome === "" || hasOutcome(row, filter.outcome, filter.on))
      && terms.every((term) => words(row).includes(term));
  }

  function apply() {
    const filter = Object.fromEntries(names.map((name) => [name, form.elements[name].value]));
    const terms = filter.q.toLowerCase().split(/\s+/).filter(Boolean);
    const active = names.some((name) => name !== "on" && filter[name] !== "");
    for (const view of views) {
      let shown = 0, all = 0;
      for (const group of view.groups) {
        let visible = 0;
        for (const row of group.rows) {
          row.element.hidden = !fits(row, filter, terms);
          visible += row.element.hidden ? 0 : 1;
        }
        if (group.body) {
          group.body.hidden = visible === 0;
        }
        shown += visible;
        all += group.rows.length;
      }
      view.shown.textContent = active ? `Showing ${shown} of ${all}.` : "";
    }
    return filter;
  }

  function remember(url) {
    try {
      history.replaceState(null, "", url);
    } catch {
      // A page inside a frame without an address of its own cannot have one to share.
    }
  }

  function applyAndRemember() {
    const filter = apply();
    const query = new URLSearchParams(Object.entries(filter).filter(([, value]) => value !== ""));
    const search = query.toString();
    remember((search === "" ? location.pathname : "?" + search) + location.hash);
  }

  function restore() {
    const query = new URLSearchParams(location.search);
    for (const name of names) {
      const field = form.elements[name];
      field.value = query.get(name) ?? "";
      if (field.selectedIndex === -1) {
        field.value = "";
      }
    }
    apply();
  }

  function reveal(element) {
    const details = element.querySelector("th > details");
    if (details && element.tagName === "TR") {
      details.open = true;
    }
    element.scrollIntoView();
  }

  function showTarget() {
    let id = location.hash.slice(1);
    try {
      id = decodeURIComponent(id);
    } catch {
      return;
    }
    const element = document.getElementById(id);
    if (!element) {
      return;
    }
    if (element.closest("[hidden]")) {
      // The rows come back only after the handler of the reset has run.
      form.reset();
      setTimeout(() => reveal(element));
    } else {
      reveal(element);
    }
  }

  // A requirement's row shows what its tests' rows hold, copied when it is first opened.
  function fill(details) {
    for (const link of details.querySelectorAll(".by a.test")) {
      const source = document.getElementById(link.getAttribute("href").slice(1))?.querySelector(".more");
      if (source && !link.parentElement.querySelector(".more")) {
        link.parentElement.append(source.cloneNode(true));
      }
    }
  }

  document.addEventListener("toggle", (event) => {
    const row = event.target.closest("tr[id]");
    if (!row || !event.target.open) {
      return;
    }
    if (row.closest("[data-view=requirements]")) {
      fill(event.target);
    }
    remember("#" + row.id);
  }, true);

  document.addEventListener("click", (event) => {
    const cell = event.target.closest(".matrix td");
    if (cell && !cell.closest(".more") && getSelection().isCollapsed) {
      const details = cell.parentElement.querySelector("th > details");
      details.open = !details.open;
    }
  });

  function measure() {
    const tools = document.getElementById("tools");
    const style = document.documentElement.style;
    const bar = getComputedStyle(tools).position === "sticky" ? tools.offsetHeight : 0;
    const head = document.querySelector(".matrix > thead").offsetHeight;
    style.setProperty("--bar", bar + "px");
    style.setProperty("--head-height", head + "px");
    style.setProperty("--inside", document.querySelector("main").clientWidth + "px");
  }

  form.hidden = false;
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("input", applyAndRemember);
  // The event comes before the fields have changed.
  form.addEventListener("reset", () => setTimeout(applyAndRemember));
  addEventListener("popstate", restore);
  addEventListener("hashchange", showTarget);
  addEventListener("resize", measure);
  measure();
  restore();
  showTarget();
})();
