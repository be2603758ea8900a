using Ism.Tests;

namespace Ism.Structures.Tests.Reading;

/// <summary>Every awkward real file and what becomes of it under the default options: read, with what was decided, or
/// refused.</summary>
public class EdgeFileTests
{
    /// <summary>File, protein chains, their residues, heavy atoms, and part of a note ("" where there is nothing to
    /// say).</summary>
    [SkippableTheory]
    [InlineData("1A7G.cif", 1, 82, 668, "74 water atoms dropped")]
    [InlineData("1A8O.cif", 1, 70, 556, "modified residues by parent: MSE=M x4")]
    [InlineData("1A8O.pdb", 1, 70, 556, "modified residues by parent: MSE=M x4")]
    [InlineData("1A8O_crlf.pdb", 1, 70, 556, "modified residues by parent: MSE=M x4")]
    [InlineData("1A8O_is_not_gzip.pdb.gz", 1, 70, 556, "modified residues by parent: MSE=M x4")]
    [InlineData("1A8O_truncated.pdb", 1, 33, 276, "33 of 70 SEQRES residues in chain A: the file may be cut off")]
    [InlineData("1A8O_zero_occupancy.pdb", 1, 70, 556, "modified residues by parent: MSE=M x4")]
    [InlineData("1ACB_l_u.pdb", 1, 70, 575, "")]
    [InlineData("1AKE.cif", 2, 428, 3426, "378 water atoms dropped")]
    [InlineData("1AKE.pdb", 2, 428, 3426, "378 water atoms dropped")]
    [InlineData("1AYE.pdb.gz", 1, 401, 3175, "residue numbers that go down: GLU A1")]
    [InlineData("1BF4.pdb", 1, 63, 824, "kept as surroundings: 322 atoms of 16 residues")]
    [InlineData("1EN2.cif", 1, 86, 683, "SER/GLY A10 -> GLY")]
    [InlineData("1EN2.pdb", 1, 86, 683, "SER/GLY A10 -> GLY")]
    [InlineData("1H7M.pdb", 1, 97, 729, "2 residues without C-alpha left out of the sequence: GLY A-2, GLY A97")]
    [InlineData("1IFC.pdb.gz", 1, 131, 1057, "131 residues with alternate locations")]
    [InlineData("1ONC.pdb", 1, 104, 831, "modified residues by parent: PCA=E x1")]
    [InlineData("1SSU.pdb.gz", 1, 51, 399, "several models: the first read")]
    [InlineData("1YEA.pdb", 1, 112, 922, "modified residues by parent: M3L=K x1")]
    [InlineData("1ZNJ.pdb.gz", 12, 302, 2384, "1 residues without C-alpha left out of the sequence: LYS H29")]
    [InlineData("1a4w.pdb.gz", 2, 274, 2282, "left out chain I of 9 residues")]
    [InlineData("1aon.pdb.gz", 21, 8015, 58870, "kept as surroundings: 196 atoms of 14 residues outside the chains")]
    [InlineData("1cbn.pdb", 1, 46, 330, "SER/PRO A22 -> PRO, ILE/LEU A25 -> LEU")]
    [InlineData("1cbs_full.bcif", 1, 137, 1113, "100 water atoms dropped")]
    [InlineData("1fbl.pdb.zst", 1, 367, 2999, "295 water atoms dropped")]
    [InlineData("1hh0_4char.cif.gz", 1, 46, 340, "351 hydrogens dropped")]
    [InlineData("1jyr.pdb", 1, 96, 857, "PTR=Y x1")]
    [InlineData("1l2y.cif.gz", 1, 20, 154, "several models: the first read")]
    [InlineData("1oky.pdb.gz", 1, 282, 2366, "SEP=S x1")]
    [InlineData("1osm.pdb.gz", 1, 185, 1431, "")]
    [InlineData("1vsn.pdb.gz", 1, 215, 1648, "5 residue numbers that go down")]
    [InlineData("1ubq.bcif.gz", 1, 76, 602, "58 water atoms dropped")]
    [InlineData("2HPR.pdb", 1, 87, 631, "modified residues by parent: CSO=C x1")]
    [InlineData("2OFG.cif.gz", 1, 106, 807, "several models: the first read")]
    [InlineData("2q2k.cif.gz", 2, 89, 1184, "kept as surroundings: 422 atoms of 21 residues outside the chains")]
    [InlineData("3bkr.cif", 1, 119, 967, "168 water atoms dropped")]
    [InlineData("3ems.pdb", 1, 129, 1051, "kept as surroundings: 50 atoms of 6 residues")]
    [InlineData("3zee.cif", 1, 84, 670, "")]
    [InlineData("4ZHL.cif.gz", 1, 247, 2030, "left out chain P of 10 residues")]
    [InlineData("4i39.cif.gz", 1, 125, 987, "126 residues with alternate locations: the highest occupancy kept")]
    [InlineData("4yuh.pdb.gz", 1, 164, 1258, "79 residues with alternate locations")]
    [InlineData("4zey.cif.gz", 1, 84, 689, "modified residues by parent: MSE=M x3")]
    [InlineData("5y2e.cif", 1, 45, 353, "")]
    [InlineData("6ydw.cif", 1, 217, 1775, "")]
    [InlineData("7cma-assembly1.cif.gz", 2, 310, 2566, "18 water atoms dropped")]
    [InlineData("7m0y.fcz", 1, 273, 2187, "")]
    [InlineData("8KDU.mmcif.gz", 1, 223, 1709, "kept as surroundings: 80 atoms of 12 residues")]
    [InlineData("8KFH.mmcif.gz", 2, 320, 2672, "97 water atoms dropped")]
    [InlineData("9J23.mmcif", 3, 84, 554, "modified residues by parent: HYP=P x17")]
    [InlineData("AF-Q9P273-F1-model_v4.pdb.gz", 1, 2699, 21147, "predicted model (AlphaFold DB file name)")]
    [InlineData("RBP7.cif", 1, 76, 605, "602 hydrogens dropped")]
    [InlineData("pdb1ejg.pdb", 1, 46, 327, "PRO/SER A22 -> PRO, LEU/ILE A25 -> LEU")]
    [InlineData("pdb5fz9.ent.gz", 1, 454, 3755, "22 residues with alternate locations")]
    [InlineData("protein.pdb.gz", 2, 286, 2324, "2302 hydrogens dropped")]
    [InlineData("test.pdb", 1, 36, 295, "301 hydrogens dropped")]
    [InlineData("test_af.pdb", 1, 28, 243, "predicted model (header names")]
    [InlineData("test_af.fcz", 1, 28, 243, "predicted model (title names")]
    [InlineData("unordered_res.pdb", 1, 35, 287, "modified residues by parent: NLE=L x2")]
    public void Should_read_and_say_what_was_decided(string file, int chains, int residues, int atoms, string note)
    {
        var structure = StructureReader.ReadFile(ReferenceData.StructuresPath("edge", file));
        Assert.Equal((chains, residues, atoms), (structure.Chains.Length, structure.Chains.Sum(c => c.Length),
            structure.Atoms.Count));
        Assert.True(note.Length == 0 ? structure.Notes.Count == 0 : structure.Notes(note), string.Join("; ", structure.Notes));
    }

    /// <summary>File, reason, and the line that is to blame (0: none).</summary>
    [SkippableTheory]
    [InlineData("1A8O_truncated.pdb.gz", RefusalReason.Truncated, 0)]
    [InlineData("1AKE.mmtf", RefusalReason.UnsupportedFormat, 0)]
    [InlineData("1AKE_err.cif", RefusalReason.Damaged, 42)]
    [InlineData("1AKE_err_a.pdb", RefusalReason.Damaged, 7)]
    [InlineData("1AKE_err_b.pdb", RefusalReason.Damaged, 5)]
    [InlineData("1AKE_err_c.pdb", RefusalReason.TooShort, 0)]
    [InlineData("1EN2_err.cif", RefusalReason.TooShort, 0)]
    [InlineData("1bna.cif", RefusalReason.NoProtein, 0)]
    [InlineData("1bna.pdb", RefusalReason.NoProtein, 0)]
    [InlineData("1gid.cif.gz", RefusalReason.NoProtein, 0)]
    [InlineData("1lzh.pdb.gz", RefusalReason.CAlphaOnly, 0)]
    [InlineData("1pfe.cif.gz", RefusalReason.TooShort, 0)]
    [InlineData("1v5a-2models-1st-trunc.cif", RefusalReason.TooShort, 0)]
    [InlineData("2lzh.pdb", RefusalReason.CAlphaOnly, 0)]
    [InlineData("3dg1_final.cif", RefusalReason.TooShort, 0)]
    [InlineData("5digitResid.pdb", RefusalReason.NoProtein, 0)]
    [InlineData("5e5z.pdb", RefusalReason.TooShort, 0)]
    [InlineData("5moo_header.pdb", RefusalReason.NoAtoms, 523)]
    [InlineData("6klp.pdb", RefusalReason.UnknownSequence, 0)]
    [InlineData("altloc.cif", RefusalReason.TooShort, 0)]
    [InlineData("d1bkfa_.pdb", RefusalReason.NoSideChains, 0)]
    [InlineData("disordered.pdb", RefusalReason.TooShort, 0)]
    [InlineData("empty.pdb", RefusalReason.Empty, 0)]
    [InlineData("empty_model.pdb", RefusalReason.NoAtoms, 2)]
    [InlineData("header.pdb", RefusalReason.NoAtoms, 5)]
    [InlineData("insertion-code.pdb", RefusalReason.NoProtein, 0)]
    [InlineData("minimal.bcif", RefusalReason.TooShort, 0)]
    [InlineData("non-pdb.pdb", RefusalReason.NotAStructure, 1)]
    [InlineData("odd-start.pdb", RefusalReason.NoProtein, 0)]
    [InlineData("pdb1ejg_oneatom.pdb", RefusalReason.NoProtein, 0)]
    [InlineData("pdb1ubi_ca.pdb", RefusalReason.CAlphaOnly, 0)]
    [InlineData("prova.pdb", RefusalReason.Damaged, 1)]
    [InlineData("sameresid_diffresname.pdb", RefusalReason.NoProtein, 0)]
    [InlineData("short-atom.pdb", RefusalReason.NoProtein, 0)]
    public void Should_refuse_with_file_line_and_reason(string file, RefusalReason reason, int line)
    {
        var path = ReferenceData.StructuresPath("edge", file);
        var refusal = Assert.Throws<StructureRefusedException>(() => StructureReader.ReadFile(path));
        Assert.Equal((path, reason, line), (refusal.File, refusal.Reason, refusal.Line));
        Assert.NotEmpty(refusal.Detail);
    }

    /// <summary>Short fragments are read right where the length limit lets them.</summary>
    [SkippableTheory]
    [InlineData("1l2y.cif.gz", "NLYIQWLKDGGPSSGRPPPS")]
    [InlineData("3dg1_final.cif", "SSTNVG")]
    [InlineData("5e5z.pdb", "LVHSSN")]
    [InlineData("altloc.cif", "P")]
    [InlineData("disordered.pdb", "MSRNTT")]
    [InlineData("1v5a-2models-1st-trunc.cif", "RCLPSGKACA")]
    public void Should_read_short_fragments_under_a_lower_limit(string file, string sequence)
    {
        var structure = StructureReader.ReadFile(ReferenceData.StructuresPath("edge", file), TextStructures.Lenient);
        Assert.Equal(sequence, Assert.Single(structure.Chains).Sequence);
    }

    /// <summary>Whatever a folder of odd files holds, each is read or refused.</summary>
    [SkippableFact]
    public void Should_read_or_refuse_every_file_of_the_folder()
    {
        foreach (var path in Directory.EnumerateFiles(ReferenceData.StructuresPath("edge")))
        {
            var thrown = Record.Exception(() => StructureReader.ReadFile(path));
            Assert.True(thrown is null or StructureRefusedException, $"{path}: {thrown}");
        }
    }

    [SkippableTheory]
    [InlineData("1AKE")]
    [InlineData("1A8O")]
    [InlineData("1EN2")]
    public void Should_read_an_entry_alike_from_PDB_and_mmCIF(string entry)
    {
        var pdb = StructureReader.ReadFile(ReferenceData.StructuresPath("edge", entry + ".pdb"));
        var cif = StructureReader.ReadFile(ReferenceData.StructuresPath("edge", entry + ".cif"));
        Assert.Equal(pdb.Atoms.X, cif.Atoms.X);
        Assert.Equal(pdb.Atoms.Y, cif.Atoms.Y);
        Assert.Equal(pdb.Atoms.Z, cif.Atoms.Z);
        Assert.Equal(pdb.Atoms.Elements, cif.Atoms.Elements);
        Assert.Equal(pdb.Residues, cif.Residues);
        Assert.Equal(pdb.Chains.Select(c => (c.Id, c.Sequence)), cif.Chains.Select(c => (c.Id, c.Sequence)));
        Assert.Equal(pdb.Notes, cif.Notes);
    }

    [SkippableFact]
    public void Should_keep_free_amino_acids_out_of_the_chain()
    {
        var structure = StructureReader.ReadFile(ReferenceData.StructuresPath("edge", "3ems.pdb"));
        Assert.Equal(4, structure.Residues.Count(r => r is { Name: "ARG", Chain: < 0 }));
    }
}
