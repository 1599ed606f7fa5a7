#include "stoa/jobs.hpp"

namespace stoa {

void job_rows::append(std::string_view kind, const std::string& payload, timestamp due, const std::string& key) {
  if (!rows_.empty()) rows_ += ',';
  json_writer w;
  w.begin_object();
  w.key("id"), w.string(uuid::make_v7().str());
  w.key("kind"), w.string(kind);
  if (!key.empty()) w.key("key"), w.string(key);
  w.key("payload"), w.raw(payload);
  w.key("due_at"), w.string(rfc3339(due));
  w.end_object();
  rows_ += w.take();
}

}  // namespace stoa
