#include "api/http/docs.hpp"

#include <fstream>
#include <iterator>
#include <map>
#include <memory>
#include <system_error>

namespace stoa::http {
namespace {

constexpr const char* content_policy =
    "default-src 'self'; img-src 'self' data:; style-src 'self' 'unsafe-inline'; script-src 'self'; object-src 'none'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

constexpr const char* page = R"(<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Stoa API</title>
<link rel="stylesheet" href="/docs/swagger-ui.css">
</head>
<body>
<div id="swagger-ui"></div>
<script src="/docs/swagger-ui-bundle.js"></script>
<script src="/docs/swagger-ui-standalone-preset.js"></script>
<script src="/docs/start.js"></script>
</body>
</html>
)";

constexpr const char* page_without_files = R"(<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>Stoa API</title></head>
<body>
<h1>Stoa API</h1>
<p>The viewer is not installed. Put the <code>dist</code> files of swagger-ui-dist into the folder <code>swagger-ui</code>
beside the <code>stoa</code> executable and start the server again. The documents themselves are here:</p>
<ul>%LIST%</ul>
</body>
</html>
)";

std::string type_of(const std::filesystem::path& file) {
  static const std::map<std::string, std::string> types = {{".js", "text/javascript; charset=utf-8"},
                                                           {".css", "text/css; charset=utf-8"},
                                                           {".html", "text/html; charset=utf-8"},
                                                           {".json", "application/json"},
                                                           {".png", "image/png"},
                                                           {".svg", "image/svg+xml"}};
  const auto it = types.find(file.extension().string());
  return it == types.end() ? "" : it->second;
}

reply shared_reply(std::shared_ptr<const std::string> text, std::string type) {
  reply r;
  r.content_type = std::move(type);
  r.body.push_back({{}, std::move(text)});
  return r;
}

void add_constant(route_table& plain, std::string pattern, std::string text, std::string type, bool guarded) {
  auto kept = std::make_shared<const std::string>(std::move(text));
  plain.get<wire::nothing, reply>(std::move(pattern), {.summary = "API documentation"},
                                  [kept, type, guarded](const request&, wire::nothing) -> task<reply> {
                                    reply r = shared_reply(kept, type);
                                    if (guarded) r.headers.emplace_back("Content-Security-Policy", content_policy);
                                    co_return std::move(r);
                                  });
}

}  // namespace

void add_docs(route_table& plain, const std::filesystem::path& swagger_ui,
              std::vector<std::pair<std::string, std::string>> documents, const std::string& public_path) {
  json_writer urls;
  urls.begin_array();
  std::string list;
  for (auto& [name, text] : documents) {
    const auto place = "/" + name + "/openapi.json";
    const auto url = public_path + place;
    urls.begin_object();
    urls.key("url"), urls.string(url);
    urls.key("name"), urls.string(name);
    urls.end_object();
    list += "<li><a href=\"" + url + "\">" + name + "</a></li>";
    add_constant(plain, place, std::move(text), "application/json", false);
  }
  urls.end_array();

  auto files = std::make_shared<std::map<std::string, std::pair<std::shared_ptr<const std::string>, std::string>>>();
  std::error_code missing;
  for (const auto& entry : std::filesystem::directory_iterator(swagger_ui, missing)) {
    const auto type = type_of(entry.path());
    if (type.empty() || !entry.is_regular_file() || entry.file_size() > 8 * 1024 * 1024) continue;
    std::ifstream in(entry.path(), std::ios::binary);
    auto text =
        std::make_shared<const std::string>(std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>());
    files->emplace(entry.path().filename().string(), std::pair(std::move(text), type));
  }
  const bool complete = files->contains("swagger-ui-bundle.js") && files->contains("swagger-ui.css") &&
                        files->contains("swagger-ui-standalone-preset.js");
  if (!complete) {
    std::string text = page_without_files;
    text.replace(text.find("%LIST%"), 6, list);
    add_constant(plain, "/docs", std::move(text), "text/html; charset=utf-8", true);
    return;
  }
  const std::string start =
      "window.ui = SwaggerUIBundle({urls: " + urls.str() +
      ", dom_id: '#swagger-ui', deepLinking: true, validatorUrl: null, persistAuthorization: true,\n"
      "  presets: [SwaggerUIBundle.presets.apis, SwaggerUIStandalonePreset], layout: 'StandaloneLayout'});\n";
  (*files)["start.js"] = {std::make_shared<const std::string>(start), "text/javascript; charset=utf-8"};
  std::string text = page;
  for (auto at = text.find("\"/docs/"); at != text.npos; at = text.find("\"/docs/", at + 1 + public_path.size()))
    text.insert(at + 1, public_path);
  add_constant(plain, "/docs", std::move(text), "text/html; charset=utf-8", true);
  plain.get<wire::nothing, reply>("/docs/{file}", {.summary = "Files of the documentation"},
                                  [files](const request& r, wire::nothing) -> task<reply> {
                                    const auto it = files->find(r.path_param("file"));
                                    if (it == files->end()) {
                                      fault f{fault_kind::not_found, "NOT_FOUND", "There is no such file."};
                                      co_return std::move(f);
                                    }
                                    reply out = shared_reply(it->second.first, it->second.second);
                                    out.headers.emplace_back("Cache-Control", "public, max-age=3600");
                                    co_return std::move(out);
                                  });
}

void add_pages(route_table& plain, const std::string& at, const std::filesystem::path& folder) {
  auto files = std::make_shared<std::map<std::string, std::pair<std::string, std::string>>>();  // path, type
  std::error_code missing;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder, missing)) {
    const auto type = type_of(entry.path());
    if (type.empty() || !entry.is_regular_file()) continue;
    files->emplace(entry.path().lexically_relative(folder).generic_string(), std::pair(entry.path().string(), type));
  }
  if (!files->contains("index.html")) return;
  const auto answer = [files](std::string name) -> task<reply> {  // by value: it is begun later
    const auto known = files->find(name);
    if (known == files->end()) co_return fault(fault_kind::not_found, "NOT_FOUND", "There is no such file.");
    auto file = co_await open_file::at(known->second.first);
    reply r = reply::file(file_content::of(std::move(file)), known->second.second);
    r.headers.emplace_back("Content-Security-Policy", content_policy);
    co_return std::move(r);
  };
  plain.get<wire::nothing, reply>(at, {.summary = "Pages of the documentation"},
                                  [answer](const request&, wire::nothing) { return answer("index.html"); });
  plain.get<wire::nothing, reply>(at + "{path...}", {.summary = "Pages of the documentation"},
                                  [answer](const request& q, wire::nothing) { return answer(q.path_param("path")); });
}

}  // namespace stoa::http
