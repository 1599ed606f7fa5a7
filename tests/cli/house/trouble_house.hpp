// A house with the first-party plugins and the one that has every trouble.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "tests/plugins/trouble/control.hpp"
#include "tests/support/eventually.hpp"
#include "tests/support/house.hpp"

namespace stoa::testing {

inline const std::string trouble_base = "/learnflow/api/v1/trouble";

/// A folder with links to the folders of all plugins.
class trouble_folder {
 public:
  trouble_folder() {
    for (const auto* from : {"plugins", "troubles"})
      for (const auto& plugin : std::filesystem::directory_iterator(build_folder() / from))
        std::filesystem::create_directory_symlink(plugin.path(), data_.path() / plugin.path().filename());
  }
  std::string setting() const { return "plugins.dir=" + data_.path().string(); }

 private:
  temp_dir data_;
};

class trouble_house {
 public:
  explicit trouble_house(std::vector<std::string> overrides = {}, std::string database = {})
      : house_(std::make_unique<test_house>(with_folder(std::move(overrides)), std::move(database))) {}
  /// What blocks would hold up the end.
  ~trouble_house() {
    if (const auto control = find_control()) control->let_go();
  }

  test_house& operator*() { return *house_; }
  test_house* operator->() { return house_.get(); }
  testing::client at() const { return house_->client().below(trouble_base); }
  std::shared_ptr<stoa_plugin::trouble::trouble_control> control() { return find_control(); }
  /// What `/metrics` says under that line's beginning; -1: there is no such line.
  double metric(const std::string& line) const {
    const auto text = house_->operators().get("/metrics").body;
    const auto at = text.find("\n" + line + " ");
    return at == std::string::npos ? -1 : std::stod(text.substr(at + line.size() + 2));
  }

 private:
  std::vector<std::string> with_folder(std::vector<std::string> overrides) {
    overrides.push_back(folder_.setting());
    return overrides;
  }
  std::shared_ptr<stoa_plugin::trouble::trouble_control> find_control() {
    return (*house_)->areas().find<stoa_plugin::trouble::trouble_control>();
  }

  trouble_folder folder_;
  std::unique_ptr<test_house> house_;
};

}  // namespace stoa::testing
