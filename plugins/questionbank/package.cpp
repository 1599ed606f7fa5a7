#include "package.hpp"

#include <zip.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <stdexcept>
#include <utility>

#include "qti.hpp"

namespace stoa_plugin::questionbank {

namespace {

constexpr zip_int64_t most_entries = 5000;
constexpr const char* manifest_name = "imsmanifest.xml";
/// Archives of the same questions are the same, whenever they are made.
constexpr time_t one_day = 1'577'836'800;

struct discard {
  void operator()(zip_t* z) const { zip_discard(z); }
  void operator()(zip_source_t* s) const { zip_source_free(s); }
  void operator()(zip_file_t* f) const { zip_fclose(f); }
};

class archive {
 public:
  explicit archive(std::string_view bytes) {
    std::unique_ptr<zip_source_t, discard> source(zip_source_buffer_create(bytes.data(), bytes.size(), 0, nullptr));
    if (!source) return;
    opened_.reset(zip_open_from_source(source.get(), ZIP_RDONLY, nullptr));
    if (opened_) static_cast<void>(source.release());  // the archive's own from now on
  }

  bool sound() const { return opened_ != nullptr; }
  zip_int64_t entries() const { return zip_get_num_entries(opened_.get(), 0); }
  std::string name(zip_int64_t at) const {
    const char* n = zip_get_name(opened_.get(), static_cast<zip_uint64_t>(at), 0);
    return n ? n : "";
  }
  std::optional<zip_uint64_t> find(const std::string& name) const {
    const auto at = zip_name_locate(opened_.get(), name.c_str(), 0);
    if (at < 0) return std::nullopt;
    return static_cast<zip_uint64_t>(at);
  }

  /// Nothing where it cannot be unpacked, is encrypted, or is larger than what may still be unpacked.
  std::optional<std::string> unpack(zip_uint64_t at) {
    const std::unique_ptr<zip_file_t, discard> file(zip_fopen_index(opened_.get(), at, 0));
    if (!file) return std::nullopt;
    std::string out;
    char some[16384];
    for (;;) {
      const auto n = zip_fread(file.get(), some, sizeof some);
      if (n < 0) return std::nullopt;
      if (n == 0) return out;
      if (static_cast<std::size_t>(n) > left_) return std::nullopt;
      left_ -= static_cast<std::size_t>(n);
      out.append(some, static_cast<std::size_t>(n));
    }
  }

 private:
  std::unique_ptr<zip_t, discard> opened_;
  std::size_t left_ = reading_limits::bytes;
};

void join(reading& all, reading one, const std::string& file) {
  const auto add = [&](std::vector<reading_note>& to, std::vector<reading_note>& from) {
    for (auto& n : from) {
      n.file = file;
      if (to.size() < reading_limits::notes) to.push_back(std::move(n));
    }
  };
  add(all.problems, one.problems);
  add(all.left_out, one.left_out);
  for (auto& q : one.questions) all.questions.push_back(std::move(q));
}

void read_item(archive& from, zip_uint64_t at, const std::string& name, const std::vector<std::string>& tags,
               reading& into) {
  reading one;
  const auto xml = from.unpack(at);
  if (!xml) {
    one.problem(1, "This file cannot be unpacked, or is too large.");
  } else {
    one = read_qti(*xml);
    for (auto& q : one.questions) q.tags = tags;
    std::vector<written_question> tagged;
    std::swap(tagged, one.questions);
    for (auto& q : tagged) one.take(1, std::move(q));
  }
  join(into, std::move(one), name);
}

}  // namespace

bool is_package(std::string_view bytes) { return bytes.starts_with("PK\x03\x04"); }

reading read_package(std::string_view bytes) {
  reading out;
  archive from(bytes);
  if (!from.sound() || from.entries() > most_entries) {
    out.problem(1, from.sound() ? "There are too many files in this archive." : "This archive cannot be read.");
    return out;
  }
  const auto manifest = from.find(manifest_name);
  if (manifest) {
    const auto xml = from.unpack(*manifest);
    reading about;
    std::vector<manifest_entry> listed;
    if (xml)
      listed = read_manifest(*xml, about);
    else
      about.problem(1, "This file cannot be unpacked, or is too large.");
    if (xml && about.problems.empty() && listed.empty()) about.problem(1, "The manifest lists no items of QTI 2.");
    join(out, std::move(about), manifest_name);
    for (const auto& item : listed) {
      if (out.questions.size() > reading_limits::questions) break;
      if (const auto at = from.find(item.href)) {
        read_item(from, *at, item.href, item.tags, out);
      } else {
        reading missing;
        missing.problem(1, "The manifest lists this file, which is not there.");
        join(out, std::move(missing), item.href);
      }
    }
  } else {
    for (zip_int64_t i = 0; i < from.entries(); ++i)
      if (from.name(i).ends_with(".xml")) read_item(from, static_cast<zip_uint64_t>(i), from.name(i), {}, out);
    if (out.questions.empty() && out.problems.empty()) out.problem(1, "There are no items in this archive.");
  }
  if (out.questions.size() > reading_limits::questions)
    out.problem(1, "There are more than " + std::to_string(reading_limits::questions) + " questions.");
  return out;
}

std::string write_package(const std::vector<written_question>& questions) {
  std::vector<std::pair<std::string, std::string>> files;
  std::vector<manifest_entry> listed;
  for (const auto& q : questions) {
    auto number = std::to_string(files.size() + 1);
    if (number.size() < 4) number.insert(0, 4 - number.size(), '0');
    listed.push_back({"item" + number + ".xml", q.tags});
    files.emplace_back(listed.back().href, write_qti(q, "item" + number));
  }
  files.emplace_back(manifest_name, write_manifest(listed));

  const std::unique_ptr<zip_source_t, discard> made(zip_source_buffer_create(nullptr, 0, 0, nullptr));
  if (!made) throw std::runtime_error("no archive can be made");
  std::unique_ptr<zip_t, discard> archive(zip_open_from_source(made.get(), ZIP_CREATE | ZIP_TRUNCATE, nullptr));
  if (!archive) throw std::runtime_error("no archive can be made");
  zip_source_keep(made.get());
  for (const auto& [name, text] : files) {
    auto* content = zip_source_buffer(archive.get(), text.data(), text.size(), 0);
    const auto at = content ? zip_file_add(archive.get(), name.c_str(), content, ZIP_FL_ENC_UTF_8) : -1;
    if (at < 0) {
      if (content) zip_source_free(content);
      throw std::runtime_error("a file cannot be put into an archive");
    }
    zip_file_set_mtime(archive.get(), static_cast<zip_uint64_t>(at), one_day, 0);
  }
  if (zip_close(archive.get()) != 0) throw std::runtime_error("an archive cannot be written");
  static_cast<void>(archive.release());

  std::string out;
  if (zip_source_open(made.get()) != 0) throw std::runtime_error("an archive cannot be read back");
  char some[16384];
  for (zip_int64_t n; (n = zip_source_read(made.get(), some, sizeof some)) > 0;)
    out.append(some, static_cast<std::size_t>(n));
  zip_source_close(made.get());
  return out;
}

}  // namespace stoa_plugin::questionbank
