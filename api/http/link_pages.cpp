#include "api/http/link_pages.hpp"

#include <memory>

namespace stoa::http {
namespace {

constexpr const char* content_policy =
    "default-src 'none'; script-src 'self'; connect-src 'self'; style-src 'unsafe-inline'; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'";

constexpr const char* page_start = R"(<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<style>
body { font-family: system-ui, sans-serif; line-height: 1.5; max-width: 30rem; margin: 3rem auto; padding: 0 1rem; }
input, button { font: inherit; padding: 0.3rem 0.6rem; }
</style>
)";

constexpr const char* script = R"(const form = document.querySelector("form");
const told = document.querySelector("#told");
const token = new URLSearchParams(location.search).get("token") || "";
form.addEventListener("submit", async event => {
  event.preventDefault();
  const body = {token};
  const password = form.querySelector("input");
  if (password) body.new_password = password.value;
  told.textContent = "One moment ...";
  try {
    const answer = await fetch(form.dataset.to, {
      method: "POST", headers: {"Content-Type": "application/json"}, body: JSON.stringify(body)});
    const said = await answer.json();
    const details = said.error && said.error.details ? Object.values(said.error.details).flat().join(" ") : "";
    told.textContent = answer.ok ? said.message : details || (said.error && said.error.message) || "That did not work.";
    if (answer.ok) form.hidden = true;
  } catch {
    told.textContent = "The server cannot be reached.";
  }
});
)";

std::string page(const link_pages& shown, const std::string& title, const std::string& to, const std::string& fields) {
  return page_start +
         ("<title>" + title + "</title>\n<script src=\"" + shown.public_path +
          "/account/links.js\" defer></script>\n</head>\n<body>\n<h1>" + title + "</h1>\n<form data-to=\"" +
          shown.public_path + to + "\">" + fields + "</form>\n<p id=\"told\" role=\"status\"></p>\n</body>\n</html>\n");
}

void add(route_table& plain, const char* at, const char* summary, const char* type, std::string content) {
  auto kept = std::make_shared<const std::string>(std::move(content));
  plain.get<wire::nothing, reply>(at, {.summary = summary},
                                  [kept, type = std::string(type)](const request&, wire::nothing) -> task<reply> {
                                    reply r;
                                    r.content_type = type;
                                    r.body.push_back({{}, kept});
                                    r.headers.emplace_back("Content-Security-Policy", content_policy);
                                    r.headers.emplace_back("Referrer-Policy", "no-referrer");
                                    r.headers.emplace_back("Cache-Control", "no-store");
                                    co_return r;
                                  });
}

}  // namespace

void add_link_pages(route_table& plain, const link_pages& shown) {
  add(plain, "/account/reset-password", "The page that links for a new password lead to", "text/html; charset=utf-8",
      page(shown, "Choose a new password", shown.reset_to,
           "<p><label>New password <input type=\"password\" autocomplete=\"new-password\" required></label></p>"
           "<button>Set it</button>"));
  add(plain, "/account/verify-email", "The page that links which prove an address lead to", "text/html; charset=utf-8",
      page(shown, "Confirm your email address", shown.verify_to, "<button>Confirm</button>"));
  add(plain, "/account/links.js", "The script of these pages", "text/javascript; charset=utf-8", script);
}

}  // namespace stoa::http
