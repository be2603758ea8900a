// What gemmi needs for the same files: one pass of one kind for each line of standard input, answered by one line
// "seconds items atoms". The list of files is the first argument; the radius in angstroms the second.
//   read        every file from disk, gunzipped and parsed (items: structures, atoms: of all models)
//   clean       alternate locations, hydrogens and waters removed from what was read
//   neighbours  atoms of the first model within the radius of every C-alpha (items: residues), without symmetry
//   release     forgets what was read
// g++ -O3 -march=native -o featurizing_gemmi featurizing_gemmi.cpp -lz   (Debian: gemmi-dev, tao-pegtl-dev, zlib1g-dev)
#include <chrono>
#include <cstdio>
#include <fstream>
#include <iostream>
#include <string>
#include <vector>
#define GEMMI_WRITE_IMPLEMENTATION
#include <gemmi/gz.hpp>
#include <gemmi/mmread.hpp>
#include <gemmi/modify.hpp>
#include <gemmi/neighbor.hpp>
#include <gemmi/polyheur.hpp>

using Clock = std::chrono::steady_clock;

static std::size_t atoms_of(const gemmi::Structure& structure) {
  std::size_t atoms = 0;
  for (const gemmi::Model& model : structure.models)
    for (const gemmi::Chain& chain : model.chains)
      for (const gemmi::Residue& residue : chain.residues)
        atoms += residue.atoms.size();
  return atoms;
}

int main(int argc, char** argv) {
  if (argc < 3) {
    std::fprintf(stderr, "usage: %s LIST_OF_FILES RADIUS\n", argv[0]);
    return 2;
  }
  std::vector<std::string> files;
  std::ifstream list(argv[1]);
  for (std::string line; std::getline(list, line);)
    if (!line.empty())
      files.push_back(line);
  const double radius = std::stod(argv[2]);

  std::vector<gemmi::Structure> structures;
  std::vector<int> found;
  for (std::string command; std::getline(std::cin, command);) {
    std::size_t items = 0, atoms = 0;
    if (command == "release") {
      structures.clear();
      structures.shrink_to_fit();
    }
    if (command == "read")
      structures.clear();
    const Clock::time_point start = Clock::now();
    if (command == "read") {
      // Only the clean pass needs the structures afterwards; both programs drop them outside the time taken.
      for (const std::string& file : files) {
        try {
          structures.push_back(gemmi::read_structure(gemmi::MaybeGzipped(file)));
          ++items;
        } catch (const std::exception&) {
          // Counted by its absence.
        }
      }
    } else if (command == "clean") {
      for (gemmi::Structure& structure : structures) {
        gemmi::remove_alternative_conformations(structure);
        gemmi::remove_hydrogens(structure);
        gemmi::remove_waters(structure);
        ++items;
      }
    } else if (command == "neighbours") {
      for (gemmi::Structure& structure : structures) {
        if (structure.models.empty())
          continue;
        gemmi::Model& model = structure.models[0];
        gemmi::NeighborSearch search(model, gemmi::UnitCell(), radius);
        search.populate(false);
        for (const gemmi::Chain& chain : model.chains)
          for (const gemmi::Residue& residue : chain.residues)
            if (const gemmi::Atom* alpha = residue.find_atom("CA", '*', gemmi::El::C)) {
              found.clear();
              search.for_each(alpha->pos, '\0', (float) radius,
                              [&](gemmi::NeighborSearch::Mark& mark, float) { found.push_back(mark.atom_idx); });
              atoms += found.size();
              ++items;
            }
      }
    }
    const double seconds = std::chrono::duration<double>(Clock::now() - start).count();
    if (command == "read" || command == "clean")
      for (const gemmi::Structure& structure : structures)
        atoms += atoms_of(structure);
    std::printf("%.9f %zu %zu\n", seconds, items, atoms);
    std::fflush(stdout);
  }
  return 0;
}
