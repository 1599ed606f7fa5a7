// Files over HTTP: in one request, listed, handed out, taken away.
#pragma once

#include <boost/describe.hpp>

#include <optional>
#include <string>

#include "keeper.hpp"
#include "stoa/routes.hpp"
#include "stoa/signed_links.hpp"

namespace stoa_plugin::files {

struct file_out {
  file_id id;
  std::string original_filename;
  std::string stored_filename;
  std::int64_t file_size = 0;
  std::string content_type;
  stoa::timestamp uploaded_at;
};
BOOST_DESCRIBE_STRUCT(file_out, (), (id, original_filename, stored_filename, file_size, content_type, uploaded_at))

/// What a signed link brings; link_signer reads it.
struct link_query {
  stoa::wire::text<1, 32> expires;
  stoa::wire::text<1, 128> signature;
};
BOOST_DESCRIBE_STRUCT(link_query, (), (expires, signature))

using file_in_path = stoa::in_path<"file_id", file_id, unknown_file>;

class files_area {
 public:
  files_area(std::shared_ptr<keeper> files, stoa::link_signer links)
      : files_(std::move(files)), links_(std::move(links)) {}

  /// `largest` is the largest file that comes in one request, in bytes.
  static void mount(stoa::route_table& routes, std::shared_ptr<files_area> area, std::size_t largest);

 private:
  stoa::task<file_out> upload(const stoa::request& q, stoa::body_view body);
  stoa::task<stoa::page_of<file_out>> list(const stoa::request& q, stoa::paged<> in);
  stoa::task<file_out> show(const stoa::request& q, file_in_path id);
  stoa::task<stoa::reply> download(const stoa::request& q, file_in_path id);
  stoa::task<stoa::reply> content(const stoa::request& q, file_in_path id, link_query link);
  stoa::task<stoa::wire::nothing> remove(const stoa::request& q, file_in_path id);

  const std::shared_ptr<keeper> files_;
  const stoa::link_signer links_;
};

}  // namespace stoa_plugin::files
